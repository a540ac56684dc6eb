//! `#[actor] impl T { … }`: the actor, its proxy, and a method of the proxy for each of the block.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Generics, Ident, ImplItem, ItemImpl, Type, TypePath, parse_quote};

use crate::arguments::Arguments;
use crate::claims;
use crate::complaints::Complaints;
use crate::lifecycle::{self, Lifecycle};
use crate::marks::{self, Marks};
use crate::method::{self, Context, Method};
use crate::misuse;
use crate::proxy::{self, Callee, Struct};
use crate::types;

pub(crate) fn expand(arguments: &Arguments, mut block: ItemImpl, complaints: &mut Complaints) -> TokenStream {
    let Some(name) = actor_name(&block.self_ty, complaints) else { return quote!(#block) };
    misuse::refuse_lifetimes(&block.generics, complaints);
    let mut lifecycle = Lifecycle::default();
    let methods = read(&mut block, arguments, &mut lifecycle, complaints);
    if block.generics.lifetimes().count() > 0 {
        return quote!(#block);
    }
    let conditions = marks::conditions(&block.attrs);
    let proxy = proxy::name_of(&name);
    let generics = proxy::with_mode(&in_order(&block.generics, &block.self_ty));
    let methods = write_methods(&block, &proxy, &generics, &methods);
    let life = (!arguments.more).then(|| {
        let structure = Struct {
            visibility: quote!(pub),
            name: &proxy,
            generics: &generics,
            state: &block.self_ty,
            conditions: &conditions,
            documentation: format!("The methods of `{name}`, as they are called through a reference to one."),
            mentioned: None,
        };
        let life = lifecycle::write(&block.self_ty, &block.generics, &conditions, arguments, &lifecycle);
        let (_, with_mode, _) = generics.split_for_impl();
        let (place, _) = types::ends(&block.self_ty);
        let own = quote!(#proxy #with_mode);
        let active = claims::active(&block.self_ty, &block.generics, &own, &conditions, place);
        quote!(#life #structure #active)
    });
    quote!(#block #life #methods)
}

/// The last word of the actor's type.
pub(crate) fn actor_name(actor: &Type, complaints: &mut Complaints) -> Option<Ident> {
    let Type::Path(TypePath { qself: None, path }) = types::bare(actor) else {
        complaints.add(
            actor,
            "an actor is a type with a name, a struct or an enum of yours: write `impl` for that",
        );
        return None;
    };
    path.segments.last().map(|segment| segment.ident.clone())
}

/// Takes our marks out of the block, and reads what can be sent.
fn read(
    block: &mut ItemImpl,
    arguments: &Arguments,
    lifecycle: &mut Lifecycle,
    complaints: &mut Complaints,
) -> Vec<Method> {
    let mut methods = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        let marks = Marks::take(&mut function.attrs, complaints);
        if lifecycle.take(&function.sig, &function.attrs, &marks, complaints) {
            if arguments.more {
                complaints.add(
                    &function.sig.ident,
                    "this belongs into the actor's first block, the one without `more`",
                );
            }
            function.attrs.push(as_it_is());
            continue;
        }
        if marks.local.is_some() {
            continue;
        }
        let context =
            Context { actor: &block.self_ty, visibility: &function.vis, attributes: &function.attrs };
        let message = method::read(&mut function.sig, &marks, &context, complaints);
        if message.is_some() {
            function.attrs.push(as_it_is());
        }
        methods.extend(message);
    }
    methods
}

/// A method must be as it is, whatever it uses: arguments go by value, and a message is for an actor.
fn as_it_is() -> Attribute {
    parse_quote!(#[allow(clippy::needless_pass_by_value, clippy::unused_self)])
}

/// With the parameters in the order in which the type has them, so that all blocks of an actor agree.
fn in_order(generics: &Generics, actor: &Type) -> Generics {
    let words: Vec<String> = words(quote!(#actor));
    let place = |parameter: &syn::GenericParam| {
        let name = types::argument_of(parameter).to_string();
        words.iter().position(|word| *word == name)
    };
    let mut parameters: Vec<_> = generics.params.iter().cloned().collect();
    parameters.sort_by_key(place);
    Generics { params: parameters.into_iter().collect(), ..generics.clone() }
}

fn words(tokens: TokenStream) -> Vec<String> {
    let word = |token| match token {
        proc_macro2::TokenTree::Ident(word) => vec![word.to_string()],
        proc_macro2::TokenTree::Group(group) => words(group.stream()),
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(word).collect()
}

fn write_methods(block: &ItemImpl, proxy: &Ident, generics: &Generics, methods: &[Method]) -> TokenStream {
    let (actor, quiet) = (&block.self_ty, proxy::quiet());
    let (conditions, allowed) = (marks::conditions(&block.attrs), marks::allowed(&block.attrs));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let callee = Callee { state: actor, namespace: quote!(<#actor>) };
    let methods = methods.iter().map(|method| proxy::write(method, &callee));
    quote! {
        #(#conditions)*
        #(#allowed)*
        #quiet
        impl #parameters #proxy #arguments #bounds {
            #(#methods)*
        }
    }
}
