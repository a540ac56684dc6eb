//! Types as they are written: what they end in, what they borrow, and `Self` and `impl Trait` replaced by what they mean.

use proc_macro2::Span;
use quote::{ToTokens, format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprPath, GenericArgument, GenericParam, Lifetime, ParenthesizedGenericArguments, Path, PathArguments,
    QSelf, Token, TraitBound, Type, TypeBareFn, TypeParam, TypePath, TypeReference,
};

/// Ours in scope, the user's in place: names written so are of this macro, and errors and lints about them point at the
/// user's code or are silent.
pub(crate) fn placed(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// The first and the last place of some tokens, for what is written around them.
pub(crate) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (placed(first), placed(spans.last().unwrap_or(first)))
}

/// Without the invisible groups and the parentheses around it, which macros by example leave.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

/// Whether it is a path that ends in `name`, whatever its arguments are.
pub(crate) fn ends_in(ty: &Type, name: &str) -> bool {
    matches!(bare(ty), Type::Path(TypePath { qself: None, path })
        if path.segments.last().is_some_and(|segment| segment.ident == name))
}

/// The `X` of a path that ends in `name<X>`.
pub(crate) fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(TypePath { qself: None, path }) = bare(ty) else { return None };
    let last = path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(list) = &last.arguments else { return None };
    match list.args.iter().collect::<Vec<_>>()[..] {
        [GenericArgument::Type(argument)] => Some(argument),
        _ => None,
    }
}

/// Types that everyone knows to be fit for sending; it would only clutter the documentation to demand it of them.
pub(crate) fn is_surely_fit(ty: &Type) -> bool {
    const KNOWN: &[&str] = &[
        "bool", "char", "String", "Duration", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8",
        "u16", "u32", "u64", "u128", "usize",
    ];
    is_unit(ty)
        || matches!(bare(ty), Type::Path(TypePath { qself: None, path })
        if KNOWN.iter().any(|known| path.is_ident(known)))
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Puts an actor's type where `Self` is written, which in its proxy would mean the proxy.
pub(crate) struct SelfType<'a>(pub(crate) &'a Type);

impl SelfType<'_> {
    /// `Self::X` as `<Actor>::X`.
    fn qualify(&self, qself: &mut Option<QSelf>, path: &mut Path) {
        if qself.is_some() || path.segments.len() < 2 || path.segments[0].ident != "Self" {
            return;
        }
        path.leading_colon = Some(<Token![::]>::default());
        path.segments = path.segments.iter().skip(1).cloned().collect();
        *qself = Some(QSelf {
            lt_token: <Token![<]>::default(),
            ty: Box::new(self.0.clone()),
            position: 0,
            as_token: None,
            gt_token: <Token![>]>::default(),
        });
    }
}

impl VisitMut for SelfType<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        if matches!(ty, Type::Path(TypePath { qself: None, path }) if path.is_ident("Self")) {
            *ty = self.0.clone();
        }
    }

    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, ty);
        self.qualify(&mut ty.qself, &mut ty.path);
    }

    fn visit_expr_path_mut(&mut self, expr: &mut ExprPath) {
        visit_mut::visit_expr_path_mut(self, expr);
        self.qualify(&mut expr.qself, &mut expr.path);
    }
}

/// Gives a name to each `impl Trait` in a parameter's type.
pub(crate) struct NameImplTraits<'a>(pub(crate) &'a mut Vec<GenericParam>);

impl VisitMut for NameImplTraits<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        if let Type::ImplTrait(implementor) = ty {
            let name = format_ident!("__I{}", self.0.len(), span = Span::mixed_site());
            let bounds = &implementor.bounds;
            self.0.push(GenericParam::Type(syn::parse_quote!(#name: #bounds)));
            *ty = Type::Verbatim(quote!(#name));
        }
    }
}

/// Finds what is borrowed for less than ever.
#[derive(Default)]
pub(crate) struct Borrows(Vec<proc_macro2::TokenStream>);

impl Borrows {
    /// The first of them in a type.
    pub(crate) fn find(ty: &Type) -> Option<proc_macro2::TokenStream> {
        let mut borrows = Borrows::default();
        borrows.visit_type_mut(&mut ty.clone());
        borrows.0.into_iter().next()
    }
}

impl VisitMut for Borrows {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => {
                visit_mut::visit_type_reference_mut(self, reference);
            }
            _ => self.0.push(reference.to_token_stream()),
        }
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident != "static" {
            self.0.push(lifetime.to_token_stream());
        }
    }

    // What a function borrows, it borrows when it is called.
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}

    fn visit_type_bare_fn_mut(&mut self, _: &mut TypeBareFn) {}

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        if bound.lifetimes.is_none() {
            visit_mut::visit_trait_bound_mut(self, bound);
        }
    }
}

/// Whether a type is or holds an `impl Trait`.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    let mut names = Vec::new();
    NameImplTraits(&mut names).visit_type_mut(&mut ty.clone());
    !names.is_empty()
}

/// A type parameter without its default.
pub(crate) fn without_default(parameter: &GenericParam) -> GenericParam {
    match parameter.clone() {
        GenericParam::Type(ty) => GenericParam::Type(TypeParam { eq_token: None, default: None, ..ty }),
        GenericParam::Const(mut constant) => {
            constant.eq_token = None;
            constant.default = None;
            GenericParam::Const(constant)
        }
        lifetime @ GenericParam::Lifetime(_) => lifetime,
    }
}

/// What a parameter is called where it is given as an argument.
pub(crate) fn argument_of(parameter: &GenericParam) -> &syn::Ident {
    match parameter {
        GenericParam::Type(ty) => &ty.ident,
        GenericParam::Const(constant) => &constant.ident,
        GenericParam::Lifetime(lifetime) => &lifetime.lifetime.ident,
    }
}
