//! What is claimed of an actor or an interface: the impls of unsafe traits. Each claim holds by what stands beside it here:
//! a proxy is the transparent struct that `proxy` writes, and what is seen is the address that was given.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Generics, Type};

use crate::proxy;

/// That `subject` is called through `proxy`, which is generic in the mode.
pub(crate) fn active(
    subject: &Type,
    generics: &Generics,
    proxy: &impl ToTokens,
    conditions: &[Attribute],
    place: Span,
) -> TokenStream {
    let (mode, quiet) = (proxy::mode(), proxy::quiet());
    let (parameters, _, bounds) = generics.split_for_impl();
    quote_spanned! {place=>
        #(#conditions)*
        #quiet
        // SAFETY: the proxy is `#[repr(transparent)]` over the target: `proxy` writes it so.
        unsafe impl #parameters ::greenroom::__private::Active for #subject #bounds {
            type Proxy<#mode: ::greenroom::__private::Mode> = #proxy;
        }
    }
}

/// That a `subject` is seen as an `interface`. `hint` is false where the compiler should rather say what `Sees` says.
pub(crate) fn sees(
    interface: &Type,
    subject: &impl ToTokens,
    generics: &Generics,
    conditions: &[Attribute],
    hint: bool,
) -> TokenStream {
    let quiet = proxy::quiet();
    let (parameters, _, bounds) = generics.split_for_impl();
    let silent = (!hint).then(|| quote!(#[diagnostic::do_not_recommend]));
    quote! {
        #(#conditions)*
        #quiet
        #silent
        // SAFETY: the address that is given comes back, seen as the interface.
        unsafe impl #parameters ::greenroom::__private::Sees<#subject> for #interface #bounds {
            fn see(state: *mut #subject) -> *mut Self {
                state
            }
        }
    }
}
