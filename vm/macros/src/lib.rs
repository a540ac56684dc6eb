//! The attribute `#[actor]`: it writes what a hand could write against `greenroom::__private`, and nothing else.
//!
//! It knows syntax only. A result is fallible if its path ends in `Result`, a reference is what ends in `Ref<…>`; types are
//! judged by the compiler, in what is written here, at the places where the user wrote them.
//!
//! | the attribute stands on | it writes | file |
//! |---|---|---|
//! | `impl T`, `impl T` with `more` | the actor and its proxy; with `more`, only methods of the proxy | `block` |
//! | `trait I` | the proxy of `dyn I`, and who is seen as one | `interface` |
//! | `impl I for T` | the actor, whose proxy is that of `I` | `implementation` |
//!
//! `method` reads one signature, with `parameter`, `marks` and `types`, and `proxy` writes its method; `lifecycle` writes
//! the `Actor` impl. What is wrong is collected in `complaints`: the user sees all of it at once, and what is right is
//! written all the same, so that one mistake does not look like a hundred.

mod arguments;
mod block;
mod claims;
mod complaints;
mod implementation;
mod interface;
mod lifecycle;
mod marks;
mod method;
mod misuse;
mod names;
mod parameter;
mod proxy;
mod types;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, Item};

use crate::arguments::Arguments;

// Its documentation, with examples that need `greenroom`, stands where that exports it.
#[allow(missing_docs, reason = "documented where it is exported")]
#[proc_macro_attribute]
pub fn actor(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(arguments.into(), item.into()).into()
}

fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut complaints = complaints::Complaints::default();
    let arguments = Arguments::read(arguments, &mut complaints);
    let written = match syn::parse2(item.clone()) {
        Ok(Item::Impl(block)) if block.trait_.is_some() => {
            implementation::expand(&arguments, block, &mut complaints)
        }
        Ok(Item::Impl(block)) => block::expand(&arguments, block, &mut complaints),
        Ok(Item::Trait(interface)) => interface::expand(&arguments, interface, &mut complaints),
        Ok(_) => {
            complaints.add_at(
                Span::call_site(),
                "`#[actor]` belongs on the `impl` block with the actor's methods, or on a trait that is an interface \
                 of actors",
            );
            item
        }
        Err(error) => {
            complaints.take_over(Error::new(error.span(), format!("`#[actor]` cannot read this: {error}")));
            item
        }
    };
    quote!(#written #complaints)
}
