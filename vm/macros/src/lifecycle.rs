//! The `Actor` impl: what the machine knows of an actor beside its methods.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Generics, Ident, Signature, Type};

use crate::arguments::Arguments;
use crate::complaints::Complaints;
use crate::marks::{self, Marks};
use crate::misuse;
use crate::types;

/// The methods that the machine calls itself.
#[derive(Default)]
pub(crate) struct Lifecycle {
    started: Option<Moment>,
    stopping: Option<Moment>,
}

struct Moment {
    name: Ident,
    conditions: Vec<Attribute>,
}

impl Lifecycle {
    /// Keeps a method that is marked `#[started]` or `#[stopping]`; says whether it is one.
    pub(crate) fn take(
        &mut self,
        signature: &Signature,
        attributes: &[Attribute],
        marks: &Marks,
        complaints: &mut Complaints,
    ) -> bool {
        let (moment, parameters, write) = match (&marks.started, &marks.stopping) {
            (Some(_), _) => (&mut self.started, 0, "fn started(&mut self)"),
            (_, Some(_)) => (&mut self.stopping, 1, "fn stopping(&mut self, reason: &ExitReason)"),
            _ => return false,
        };
        let mut found = Complaints::default();
        misuse::refuse_lifecycle(signature, parameters, write, &mut found);
        let this = Moment { name: signature.ident.clone(), conditions: marks::conditions(attributes) };
        if found.is_empty() && moment.replace(this).is_some() {
            found.add(&signature.ident, "an actor has one method for this moment: call the others from it");
        }
        complaints.append(found);
        true
    }
}

/// Writes the impl.
pub(crate) fn write(
    actor: &Type,
    generics: &Generics,
    conditions: &[Attribute],
    arguments: &Arguments,
    lifecycle: &Lifecycle,
) -> TokenStream {
    let (begin, _) = types::ends(actor);
    let (parameters, _, bounds) = generics.split_for_impl();
    let stack = arguments.stack.iter().map(|stack| quote!(const STACK: ::greenroom::StackSize = #stack;));
    let priority =
        arguments.priority.iter().map(|value| quote!(const PRIORITY: ::greenroom::Priority = #value;));
    let capacity =
        arguments.capacity.iter().map(|value| quote!(const CAPACITY: ::greenroom::Capacity = #value;));
    let started = lifecycle.started.iter().map(|Moment { name, conditions }| {
        quote_spanned! {types::placed(name.span())=>
            #(#conditions)*
            const STARTED: ::core::option::Option<fn(&mut Self)> =
                ::core::option::Option::Some(|actor| <#actor>::#name(actor));
        }
    });
    let stopping = lifecycle.stopping.iter().map(|Moment { name, conditions }| {
        quote_spanned! {types::placed(name.span())=>
            #(#conditions)*
            const STOPPING: ::core::option::Option<fn(&mut Self, &::greenroom::ExitReason)> =
                ::core::option::Option::Some(|actor, reason| <#actor>::#name(actor, reason));
        }
    });
    quote_spanned! {begin=>
        #(#conditions)*
        impl #parameters ::greenroom::__private::FurtherInterfacesAreImplementedWithoutTheActorAttribute
            for #actor #bounds {}
        #(#conditions)*
        impl #parameters ::greenroom::Actor for #actor #bounds {
            #(#stack)* #(#priority)* #(#capacity)* #(#started)* #(#stopping)*
        }
    }
}
