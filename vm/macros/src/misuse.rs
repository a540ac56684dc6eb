//! What a method cannot be, each with what to write instead.

use syn::{Attribute, FnArg, GenericParam, Generics, Ident, Receiver, Signature, Type};

use crate::complaints::Complaints;
use crate::marks::Marks;
use crate::names;
use crate::types::{self, Borrows};

/// Whether the first parameter is `&Me<…>`.
fn takes_me(signature: &Signature) -> bool {
    let Some(FnArg::Typed(first)) = signature.inputs.first() else { return false };
    matches!(types::bare(&first.ty), Type::Reference(reference) if types::ends_in(&reference.elem, "Me"))
}

/// A `#[parallel]` method takes its `Me` first, and no token.
pub(crate) fn refuse_in_parallel(
    signature: &Signature,
    with_token: Option<&Attribute>,
    complaints: &mut Complaints,
) {
    if let Some(receiver) = signature.receiver() {
        complaints.add(
            receiver,
            "a `#[parallel]` method does not have the state for itself: write `me: &Me<Self>` here, and reach the state by \
             `me.with(|state| …)`",
        );
    } else if !takes_me(signature) {
        complaints.add(
            &signature.ident,
            "a `#[parallel]` method takes its actor first: write `me: &Me<Self>` as the first parameter",
        );
    }
    if let Some(parallel) = with_token {
        complaints.add(
            parallel,
            "a `#[parallel]` method answers when it returns: drop `#[parallel]`, or the parameter `#[reply]`",
        );
    }
}

/// A function without a receiver is left alone, unless it looks like a method that lacks something.
pub(crate) fn refuse_in_function(
    signature: &Signature,
    marks: &Marks,
    takes_token: bool,
    complaints: &mut Complaints,
) {
    if takes_me(signature) {
        complaints.add(
            &signature.ident,
            "this takes `&Me<Self>` and is not marked: write `#[parallel]` above it, or `#[local]` if it is no message",
        );
    } else if marks.cast.is_some() || takes_token {
        complaints.add(&signature.ident, "a message is for an actor: take `&mut self` or `&self`");
    }
}

/// The state stays where it is.
pub(crate) fn refuse_receiver(receiver: &Receiver, complaints: &mut Complaints) {
    let is_borrowed = match types::bare(&receiver.ty) {
        Type::Reference(reference) => types::ends_in(&reference.elem, "Self"),
        _ => false,
    };
    if !is_borrowed {
        complaints.add(
            receiver,
            "the actor stays in its machine: take `&mut self` or `&self`, or mark the method `#[local]` if it is no message",
        );
    } else if let Some(lifetime) = receiver.lifetime() {
        complaints.add(lifetime, "a method has its actor only until it returns: drop the lifetime");
    }
}

/// A message is an ordinary function.
pub(crate) fn refuse_qualifiers(signature: &Signature, complaints: &mut Complaints) {
    if let Some(token) = signature.asyncness {
        complaints.add(
            token,
            "an actor's method is not `async`: drop it, for calls in here suspend only this handler; a future is awaited by \
             `greenroom::block_on(…)`",
        );
    }
    if let Some(token) = signature.unsafety {
        complaints.add(
            token,
            "whoever sends a message cannot keep the promises of an `unsafe fn`: drop `unsafe`, or mark the method `#[local]`",
        );
    }
    if let Some(token) = &signature.abi {
        complaints
            .add(token, "a message is no foreign function: drop `extern`, or mark the method `#[local]`");
    }
    if let Some(token) = signature.constness {
        complaints.add(
            token,
            "a message is sent when the program runs: drop `const`, or mark the method `#[local]`",
        );
    }
    if let Some(token) = &signature.variadic {
        complaints.add(token, "a message has as many arguments as it is written with: drop `...`");
    }
}

pub(crate) fn refuse_lifetimes(generics: &Generics, complaints: &mut Complaints) {
    for lifetime in generics.lifetimes() {
        complaints.add(
            lifetime,
            "nothing that is borrowed goes into a message or into an actor: drop the lifetime, and pass by value, as an \
             `Arc`, a `Ref`, or whatever owns it",
        );
    }
}

/// Called through `dyn I`, one function must do for all.
pub(crate) fn refuse_generics(signature: &Signature, interface: &Ident, complaints: &mut Complaints) {
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            complaints.add(parameter, generic(interface));
        }
    }
    for input in &signature.inputs {
        if let FnArg::Typed(parameter) = input
            && types::has_impl_trait(&parameter.ty)
        {
            complaints.add(&parameter.ty, generic(interface));
        }
    }
}

fn generic(interface: &Ident) -> String {
    format!(
        "a generic method cannot be called through `dyn {interface}`: take a `Box<dyn …>`, or put the method into the \
         actor's own `#[actor] impl`"
    )
}

pub(crate) fn refuse_name(name: &Ident, complaints: &mut Complaints) {
    if let Some(complaint) = names::complaint(&name.to_string()) {
        complaints.add(name, complaint);
    }
}

/// What is lent does not reach another thread.
pub(crate) fn refuse_borrowed(ty: &Type, complaints: &mut Complaints) {
    let Some(borrow) = Borrows::find(ty) else { return };
    let remedy = match types::bare(ty) {
        Type::Reference(reference) if types::ends_in(&reference.elem, "str") => "a `String`",
        Type::Reference(reference) if types::ends_in(&reference.elem, "Ref") => {
            "the `Ref` itself; callers may still give `&reference`"
        }
        Type::Reference(reference) if matches!(*reference.elem, Type::Slice(_)) => "a `Vec`",
        _ => "an `Arc`, a `Ref`, or whatever owns it",
    };
    complaints.add(borrow, format!("a borrowed argument cannot be sent: pass it by value, as {remedy}"));
}

/// A reply is a value of its own.
pub(crate) fn refuse_reply(ty: &Type, complaints: &mut Complaints) {
    if let Some(borrow) = Borrows::find(ty) {
        complaints
            .add(borrow, "a reply cannot borrow from its actor: return it by value, as a clone or an `Arc`");
    } else if types::has_impl_trait(ty) {
        complaints.add(ty, "a reply has a type with a name: write that, or `Box<dyn … + Send>`");
    }
}

/// `#[started]` and `#[stopping]`.
pub(crate) fn refuse_lifecycle(
    signature: &Signature,
    parameters: usize,
    write: &str,
    complaints: &mut Complaints,
) {
    let returns = matches!(&signature.output, syn::ReturnType::Type(_, ty) if !types::is_unit(ty));
    let typed: Vec<_> = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(types::bare(&parameter.ty)),
            FnArg::Receiver(_) => None,
        })
        .collect();
    let are_lent = typed.iter().all(|ty| matches!(ty, Type::Reference(lent) if lent.mutability.is_none()));
    if signature.receiver().is_none() || typed.len() != parameters || !are_lent || returns {
        complaints.add(signature, format!("the machine calls this, as it is: write `{write}`"));
        return;
    }
    signature.receiver().into_iter().for_each(|receiver| refuse_receiver(receiver, complaints));
    refuse_qualifiers(signature, complaints);
    refuse_lifetimes(&signature.generics, complaints);
    for parameter in signature.generics.type_params() {
        complaints
            .add(parameter, format!("the machine calls this, and knows no types to choose: write `{write}`"));
    }
}
