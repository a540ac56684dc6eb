//! What is wrong with the user's code: all of it, each at its place, and each with what to do.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// Errors that become the compiler's.
#[derive(Default)]
pub(crate) struct Complaints(Option<Error>);

impl Complaints {
    /// About everything in `place`.
    pub(crate) fn add(&mut self, place: impl ToTokens, text: impl Display) {
        self.take_over(Error::new_spanned(place, text));
    }

    /// About a place that has no tokens of its own.
    pub(crate) fn add_at(&mut self, place: Span, text: impl Display) {
        self.take_over(Error::new(place, text));
    }

    pub(crate) fn append(&mut self, other: Complaints) {
        if let Some(error) = other.0 {
            self.take_over(error);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn take_over(&mut self, error: Error) {
        match &mut self.0 {
            None => self.0 = Some(error),
            Some(errors) => errors.combine(error),
        }
    }
}

impl ToTokens for Complaints {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.as_ref().map(Error::to_compile_error));
    }
}
