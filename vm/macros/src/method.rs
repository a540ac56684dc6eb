//! One method: what its signature and its marks say about how it is sent.
//!
//! | written | is | its reply |
//! |---|---|---|
//! | `fn f(&mut self, …) -> R`, or `&self` | exclusive | `R`, or nothing with `#[cast]` |
//! | the same with `#[reply] reply: Reply<R>` | delegated | `R`, from whoever holds the token |
//! | `#[parallel] fn f(me: &Me<Self>, …) -> R` | parallel | `R` |

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, FnArg, Generics, Ident, PatType, ReturnType, Signature, Type, Visibility, parse_quote_spanned,
};

use crate::complaints::Complaints;
use crate::marks::{self, Marks};
use crate::misuse;
use crate::parameter::Parameter;
use crate::types::{self, SelfType};

/// How a method runs.
pub(crate) enum Kind {
    Exclusive,
    /// The token stands behind so many other parameters.
    Delegated(usize),
    Parallel,
}

/// A method that can be sent.
pub(crate) struct Method {
    pub(crate) name: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) attributes: Vec<Attribute>,
    /// With a name for each `impl Trait`; the first so many are those that the user named.
    pub(crate) generics: Generics,
    pub(crate) named_generics: usize,
    pub(crate) kind: Kind,
    pub(crate) is_cast: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// What it answers.
    pub(crate) reply: Type,
}

impl Method {
    /// Whether it can fail on its own account.
    pub(crate) fn is_fallible(&self) -> bool {
        types::ends_in(&self.reply, "Result")
    }

    /// What must hold of the types of the signature, each at its own place. Said as bounds of the proxy's method, it holds
    /// in there, so that a type which is not fit is complained of once, where it is written.
    pub(crate) fn demands(&self) -> Vec<TokenStream> {
        let sent = self.parameters.iter().filter(|parameter| parameter.referent.is_none()).map(|it| &it.ty);
        let reply = (!self.is_fallible()).then_some(&self.reply);
        let demand = |ty: &Type, bound: TokenStream| {
            // The compiler points at the bound, so that goes from the first to the last of the type's tokens.
            let (begin, end) = types::ends(ty);
            let spread = bound.into_iter().enumerate().map(|(at, mut token)| {
                token.set_span(if at < 3 { begin } else { end });
                token
            });
            quote!(#ty: #(#spread)*)
        };
        let fit = |ty: &&Type| !types::is_surely_fit(ty);
        let mut demands: Vec<_> = sent
            .chain(reply)
            .filter(fit)
            .map(|ty| demand(ty, quote!(::core::marker::Send + 'static)))
            .collect();
        if self.is_fallible() {
            demands.push(demand(&self.reply, quote!(::greenroom::__private::Fallible)));
        }
        demands
    }
}

/// What a method is read against.
pub(crate) struct Context<'a> {
    /// Stands for `Self`.
    pub(crate) actor: &'a Type,
    pub(crate) visibility: &'a Visibility,
    pub(crate) attributes: &'a [Attribute],
}

/// Reads a signature and takes `#[reply]` out of it. Gives nothing for what is no message, or not right.
pub(crate) fn read(
    signature: &mut Signature,
    marks: &Marks,
    context: &Context<'_>,
    complaints: &mut Complaints,
) -> Option<Method> {
    let mut found = Complaints::default();
    let token = take_token(signature, &mut found);
    let (place, promised) = (token.as_ref().map(|token| token.0), token.as_ref().map(|token| &token.1));
    let method = kind(signature, marks, place, &mut found).map(|kind| {
        misuse::refuse_qualifiers(signature, &mut found);
        misuse::refuse_lifetimes(&signature.generics, &mut found);
        misuse::refuse_name(&signature.ident, &mut found);
        let reply = reply(signature, marks, promised, &mut found);
        assemble(signature, kind, marks.cast.is_some(), reply, context, &mut found)
    });
    let is_right = found.is_empty();
    complaints.append(found);
    method.filter(|_| is_right)
}

fn assemble(
    signature: &Signature,
    kind: Kind,
    is_cast: bool,
    mut reply: Type,
    context: &Context<'_>,
    complaints: &mut Complaints,
) -> Method {
    let mut in_actor = SelfType(context.actor);
    in_actor.visit_type_mut(&mut reply);
    let mut generics = signature.generics.clone();
    in_actor.visit_generics_mut(&mut generics);
    let named_generics = generics.params.len();

    let mut unnamed = Vec::new();
    let skipped = match kind {
        Kind::Delegated(at) => Some(at + 1),
        Kind::Exclusive => None,
        Kind::Parallel => Some(0),
    };
    let mut parameters: Vec<Parameter> = Vec::new();
    for (position, input) in signature.inputs.iter().enumerate() {
        let FnArg::Typed(written) = input else { continue };
        if Some(position) == skipped {
            continue;
        }
        let mut parameter = Parameter::read(written, position, context.actor, &mut unnamed, complaints);
        if parameters.iter().any(|other| other.name == parameter.name) {
            parameter.name = format_ident!("{}_{position}", parameter.name);
        }
        parameters.push(parameter);
    }
    generics.params.extend(unnamed);
    Method {
        name: signature.ident.clone(),
        visibility: context.visibility.clone(),
        attributes: marks::shared(context.attributes),
        generics,
        named_generics,
        kind,
        is_cast,
        parameters,
        reply,
    }
}

/// Takes the mark of the reply's token; gives where it stands behind the receiver, and what it answers.
fn take_token(signature: &mut Signature, complaints: &mut Complaints) -> Option<(usize, Type)> {
    let mut token = None;
    for (at, parameter) in typed(signature).enumerate() {
        let Some(mark) = marks::take_reply(&mut parameter.attrs) else { continue };
        if token.is_some() {
            complaints.add(mark, "a call has one reply: there is another parameter marked `#[reply]`");
            continue;
        }
        match types::only_argument(&parameter.ty, "Reply") {
            Some(reply) => token = Some((at, reply.clone())),
            None => complaints.add(
                &parameter.ty,
                "`#[reply]` marks the parameter that takes the token of the reply: write `#[reply] reply: Reply<R>`, \
                 where `R` is what the caller gets",
            ),
        }
    }
    token
}

fn typed(signature: &mut Signature) -> impl Iterator<Item = &mut PatType> {
    signature.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    })
}

/// How it runs, by its first parameter; nothing if it is no method at all.
fn kind(
    signature: &Signature,
    marks: &Marks,
    token: Option<usize>,
    complaints: &mut Complaints,
) -> Option<Kind> {
    let receiver = signature.receiver();
    if let Some(parallel) = &marks.parallel {
        misuse::refuse_in_parallel(signature, token.map(|_| parallel), complaints);
        return Some(Kind::Parallel);
    }
    match (receiver, token) {
        (Some(receiver), token) => {
            misuse::refuse_receiver(receiver, complaints);
            Some(token.map_or(Kind::Exclusive, Kind::Delegated))
        }
        (None, token) => {
            misuse::refuse_in_function(signature, marks, token.is_some(), complaints);
            None
        }
    }
}

/// What it answers: as it is written, or as its token says.
fn reply(signature: &Signature, marks: &Marks, token: Option<&Type>, complaints: &mut Complaints) -> Type {
    let returned = match &signature.output {
        ReturnType::Type(_, ty) if !types::is_unit(ty) => Some(&**ty),
        _ => None,
    };
    if let (Some(returned), Some(_)) = (returned, &marks.cast) {
        complaints.add(
            returned,
            "a `#[cast]` method answers nobody: drop its result, or drop `#[cast]`; a caller who wants no answer can \
             write `reference.cast()` before any method",
        );
    }
    let Some(promised) = token else {
        let Some(returned) = returned else { return parse_quote_spanned!(signature.ident.span()=> ()) };
        misuse::refuse_reply(returned, complaints);
        return returned.clone();
    };
    if let Some(returned) = returned {
        complaints.add(
            returned,
            "a method that takes `#[reply]` answers by `reply.send(…)`: drop its result, or drop the parameter",
        );
    }
    if let Some(cast) = &marks.cast {
        complaints.add(
            cast,
            "a `#[cast]` method has no caller to answer: drop `#[cast]`, or the parameter `#[reply]`",
        );
    }
    misuse::refuse_reply(promised, complaints);
    promised.clone()
}
