//! `#[actor] impl I for T { … }`: an actor whose methods are those of an interface.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ImplItem, ItemImpl};

use crate::arguments::Arguments;
use crate::block;
use crate::claims;
use crate::complaints::Complaints;
use crate::lifecycle::{self, Lifecycle};
use crate::marks::{self, Marks};
use crate::misuse;
use crate::proxy;
use crate::types;

pub(crate) fn expand(arguments: &Arguments, mut block: ItemImpl, complaints: &mut Complaints) -> TokenStream {
    refuse(arguments, &mut block, complaints);
    let Some((None, interface, _)) = &block.trait_ else {
        complaints.add(&block.self_ty, "an actor has the methods of an interface, and does not lack them");
        return quote!(#block);
    };
    if block::actor_name(&block.self_ty, complaints).is_none() || block.generics.lifetimes().count() > 0 {
        return quote!(#block);
    }
    let conditions = marks::conditions(&block.attrs);
    let life =
        lifecycle::write(&block.self_ty, &block.generics, &conditions, arguments, &Lifecycle::default());
    let (actor, mode) = (&block.self_ty, proxy::mode());
    let (begin, end) = types::ends(interface);
    let open = quote_spanned!(begin=> <dyn);
    let close = quote_spanned!(end=> as ::greenroom::__private::InterfaceProxy>::Proxy<#mode, #actor>);
    let of_interface = quote!(#open #interface #close);
    let active = claims::active(actor, &block.generics, &of_interface, &conditions, begin);
    quote!(#block #life #active)
}

fn refuse(arguments: &Arguments, block: &mut ItemImpl, complaints: &mut Complaints) {
    if arguments.more {
        complaints.add(
            &block.self_ty,
            "an actor that has a block of its own implements interfaces without the attribute: drop `#[actor(more)]`",
        );
    }
    misuse::refuse_lifetimes(&block.generics, complaints);
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        let marks = Marks::take(&mut function.attrs, complaints);
        for mark in marks.local.iter().chain(&marks.started).chain(&marks.stopping).chain(&marks.parallel) {
            complaints.add(
                mark,
                "this is no member of the interface: write it in a block of the actor's own, `#[actor] impl T { … }`, and \
                 this one without `#[actor]`",
            );
        }
        if let Some(cast) = marks.cast {
            complaints.add(
                cast,
                "how an interface's method is sent is for the interface to say: mark it in the trait",
            );
        }
        for input in &mut function.sig.inputs {
            if let syn::FnArg::Typed(parameter) = input
                && let Some(mark) = marks::take_reply(&mut parameter.attrs)
            {
                complaints.add(
                    mark,
                    "how an interface's method is sent is for the interface to say: mark it in the trait",
                );
            }
        }
    }
}
