//! One parameter of a method: what the caller gives, and what is carried to the actor.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{GenericParam, Ident, Pat, PatType, Type};

use crate::complaints::Complaints;
use crate::misuse;
use crate::types::{self, NameImplTraits, SelfType};

/// See the head of this file.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    /// As it is carried.
    pub(crate) ty: Type,
    /// The `X` of a `Ref<X>`: what is given may be anything that is seen as one.
    pub(crate) referent: Option<Type>,
}

impl Parameter {
    /// Reads one that is carried; `position` names it where its pattern does not.
    pub(crate) fn read(
        written: &PatType,
        position: usize,
        actor: &Type,
        named: &mut Vec<GenericParam>,
        complaints: &mut Complaints,
    ) -> Self {
        misuse::refuse_borrowed(&written.ty, complaints);
        let mut ty = (*written.ty).clone();
        SelfType(actor).visit_type_mut(&mut ty);
        NameImplTraits(named).visit_type_mut(&mut ty);
        let referent = types::only_argument(&ty, "Ref").cloned();
        Parameter { name: name(&written.pat, position), ty, referent }
    }

    /// How it stands in the proxy's signature.
    pub(crate) fn offered(&self) -> TokenStream {
        let (name, ty) = (&self.name, &self.ty);
        let Some(referent) = &self.referent else { return quote_spanned!(name.span()=> #name: #ty) };
        let (begin, end) = types::ends(ty);
        let trait_of_it = quote_spanned!(begin=> impl ::greenroom::__private::IntoRef<);
        let close = quote_spanned!(end=> >);
        quote_spanned!(name.span()=> #name: #trait_of_it #referent #close)
    }

    /// How it is put among what is carried.
    pub(crate) fn packed(&self) -> TokenStream {
        let name = &self.name;
        match self.referent {
            None => name.to_token_stream(),
            Some(_) => quote_spanned!(name.span()=> ::greenroom::__private::IntoRef::into_ref(#name)),
        }
    }
}

fn name(pattern: &Pat, position: usize) -> Ident {
    match pattern {
        Pat::Ident(pattern) => {
            let mut name = pattern.ident.clone();
            name.set_span(types::placed(name.span()));
            name
        }
        other => format_ident!("argument_{position}", span = types::ends(other).0),
    }
}
