//! `#[actor] trait I { … }`: the proxy of `dyn I`, and who is seen as one.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Generics, Ident, ItemTrait, Signature, TraitItem, Type, WherePredicate, parse_quote};

use crate::arguments::Arguments;
use crate::claims;
use crate::complaints::Complaints;
use crate::marks::{self, Marks};
use crate::method::{self, Context, Method};
use crate::misuse;
use crate::proxy::{self, Callee, Struct};
use crate::types;

pub(crate) fn expand(arguments: &Arguments, mut item: ItemTrait, complaints: &mut Complaints) -> TokenStream {
    arguments.refuse(complaints);
    refuse(&mut item, complaints);
    let state = format_ident!("__T", span = proc_macro2::Span::mixed_site());
    let methods = read(&mut item, &parse_quote!(#state), complaints);
    if item.generics.lifetimes().count() > 0 {
        return quote!(#item);
    }
    let (name, conditions) = (&item.ident, marks::conditions(&item.attrs));
    let (_, arguments, _) = item.generics.split_for_impl();
    let interface: Type = parse_quote!(dyn #name #arguments);
    let own = bounded(&item.generics);
    let proxy_name = proxy::name_of(name);
    let mut generics = proxy::with_mode(&own);
    generics.params.push(parse_quote!(#state: ?::core::marker::Sized + 'static));
    let structure = Struct {
        visibility: item.vis.to_token_stream(),
        name: &proxy_name,
        generics: &generics,
        state: &parse_quote!(#state),
        conditions: &conditions,
        documentation: format!(
            "The methods of `{name}`, as they are called through a reference to an actor that has them."
        ),
        mentioned: Some(interface.clone()),
    };
    let relations = relations(&item, &interface, &own, &proxy_name, &state);
    let methods = write_methods(&item, &proxy_name, generics.clone(), &state, &methods);
    quote!(#item #structure #relations #methods)
}

/// An interface is used as a `dyn I` that lives as long as it likes, and so do its parameters.
fn bounded(generics: &Generics) -> Generics {
    let mut bounded = generics.clone();
    bounded.params = generics.params.iter().map(types::without_default).collect();
    let types: Vec<Ident> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    let predicates = types.iter().map(|ty| -> WherePredicate { parse_quote!(#ty: 'static) });
    bounded.make_where_clause().predicates.extend(predicates);
    bounded
}

/// Takes our marks out of the trait, and reads what can be sent.
fn read(item: &mut ItemTrait, state: &Type, complaints: &mut Complaints) -> Vec<Method> {
    let mut methods = Vec::new();
    for member in &mut item.items {
        let TraitItem::Fn(function) = member else { continue };
        let marks = Marks::take(&mut function.attrs, complaints);
        let mut found = Complaints::default();
        refuse_method(&function.sig, &item.ident, &marks, &mut found);
        if found.is_empty() && marks.local.is_none() && !is_not_dispatched(&function.sig) {
            let context = Context { actor: state, visibility: &item.vis, attributes: &function.attrs };
            methods.extend(method::read(&mut function.sig, &marks, &context, &mut found));
        }
        if !found.is_empty() {
            keep_out_of_dyn(&mut function.sig.generics);
        }
        complaints.append(found);
    }
    methods
}

/// Whether it is said not to be for `dyn`.
fn is_not_dispatched(signature: &Signature) -> bool {
    let predicates = signature.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    predicates.into_iter().any(|predicate| {
        matches!(predicate, WherePredicate::Type(bound)
            if types::ends_in(&bound.bounded_ty, "Self")
                && bound.bounds.iter().any(|bound| bound.to_token_stream().to_string().ends_with("Sized")))
    })
}

/// What we have complained of, the compiler need not complain of again wherever `dyn I` is written.
fn keep_out_of_dyn(generics: &mut Generics) {
    generics.make_where_clause().predicates.push(parse_quote!(Self: ::core::marker::Sized));
}

fn refuse_method(signature: &Signature, interface: &Ident, marks: &Marks, found: &mut Complaints) {
    if let Some(parallel) = &marks.parallel {
        found.add(
            parallel,
            "an interface says what is sent, and an actor how it runs: write `#[parallel]` methods in the actor's own \
             `#[actor] impl T`",
        );
    }
    for mark in marks.started.iter().chain(&marks.stopping) {
        found.add(
            mark,
            "the machine calls this on an actor, not on an interface: write it in `#[actor] impl T`",
        );
    }
    let is_sent = marks.all().next().is_none() || marks.cast.is_some();
    if is_sent && !is_not_dispatched(signature) {
        misuse::refuse_generics(signature, interface, found);
        if signature.receiver().is_none() {
            found.add(
                &signature.ident,
                format!(
                    "a function without `self` cannot be called through `dyn {interface}`: take `&mut self` or `&self`, or \
                     say `where Self: Sized` to keep it out of the interface"
                ),
            );
        }
    }
}

fn refuse(item: &mut ItemTrait, complaints: &mut Complaints) {
    misuse::refuse_lifetimes(&item.generics, complaints);
    if let Some(token) = &item.unsafety {
        complaints.add(
            token,
            "whoever sends a message cannot keep the promises of an `unsafe trait`: drop `unsafe`",
        );
    }
    for member in &mut item.items {
        if let TraitItem::Type(associated) = member {
            keep_out_of_dyn(&mut associated.generics);
            complaints.add(
                &*associated,
                format!(
                    "`dyn {name}` would have to say which `{ty}` it is: make it a parameter of the interface, as in `trait \
                     {name}<{ty}>`",
                    name = item.ident,
                    ty = associated.ident,
                ),
            );
        }
    }
}

fn relations(
    item: &ItemTrait,
    interface: &Type,
    own: &Generics,
    proxy: &Ident,
    state: &Ident,
) -> TokenStream {
    let (conditions, mode, quiet) = (marks::conditions(&item.attrs), proxy::mode(), proxy::quiet());
    let (parameters, arguments, bounds) = own.split_for_impl();
    let name = &item.ident;
    let own_arguments: Vec<_> = item.generics.params.iter().map(types::argument_of).collect();
    let mut with_state = own.clone();
    with_state.params.push(parse_quote!(#state: #name #arguments + ::greenroom::Actor));
    let own_proxy = quote!(#proxy<#(#own_arguments,)* #mode, #interface>);
    let active = claims::active(interface, own, &own_proxy, &conditions, types::placed(name.span()));
    let seen = claims::sees(interface, state, &with_state, &conditions, false);
    let itself = claims::sees(interface, interface, own, &conditions, true);
    quote! {
        #(#conditions)*
        #quiet
        impl #parameters ::greenroom::__private::InterfaceProxy for #interface #bounds {
            type Proxy<#mode: ::greenroom::__private::Mode, #state: ?::core::marker::Sized + 'static> =
                #proxy<#(#own_arguments,)* #mode, #state>;
        }
        #active
        #seen
        #itself
    }
}

fn write_methods(
    item: &ItemTrait,
    proxy: &Ident,
    mut generics: Generics,
    state: &Ident,
    methods: &[Method],
) -> TokenStream {
    let (name, quiet) = (&item.ident, proxy::quiet());
    let (conditions, allowed) = (marks::conditions(&item.attrs), marks::allowed(&item.attrs));
    let (_, own, _) = item.generics.split_for_impl();
    generics.make_where_clause().predicates.push(parse_quote!(#state: #name #own));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let callee = Callee { state: &parse_quote!(#state), namespace: quote!(<#state as #name #own>) };
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
