//! Proxies: the struct that stands for a reference in some mode, and its methods.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, GenericParam, Generics, Ident, Type, parse_quote};

use crate::method::{Kind, Method};
use crate::types;

/// What lints of the user's would say of code that the user has not written: types and bounds may be private, and nobody
/// may ever send a message. What is demanded of a type is demanded beside the user's own bounds.
pub(crate) fn quiet() -> TokenStream {
    quote! {
        #[allow(dead_code, deprecated, private_bounds, private_interfaces, trivial_bounds)]
        #[allow(clippy::multiple_bound_locations)]
    }
}

/// The mode of a proxy.
pub(crate) fn mode() -> Ident {
    format_ident!("__M", span = Span::mixed_site())
}

/// The name of the proxy of `name`.
pub(crate) fn name_of(name: &Ident) -> Ident {
    format_ident!("{}Proxy", name.unraw(), span = name.span())
}

/// With the mode as a last parameter.
pub(crate) fn with_mode(generics: &Generics) -> Generics {
    let mode = mode();
    let mut generics = generics.clone();
    generics.params = generics.params.iter().map(types::without_default).collect();
    generics.params.push(parse_quote!(#mode: ::greenroom::__private::Mode));
    generics
}

/// Whose method it is.
pub(crate) struct Callee<'a> {
    /// The state's type.
    pub(crate) state: &'a Type,
    /// What a method's name is looked up in.
    pub(crate) namespace: TokenStream,
}

/// A struct, and how it is made.
pub(crate) struct Struct<'a> {
    pub(crate) visibility: TokenStream,
    pub(crate) name: &'a Ident,
    /// The mode among them.
    pub(crate) generics: &'a Generics,
    /// What it stands for.
    pub(crate) state: &'a Type,
    pub(crate) conditions: &'a [Attribute],
    pub(crate) documentation: String,
    /// A type that mentions parameters which the state's does not.
    pub(crate) mentioned: Option<Type>,
}

impl ToTokens for Struct<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Struct { visibility, name, generics, state, conditions, documentation, .. } = self;
        let (mode, quiet) = (mode(), quiet());
        let (parameters, arguments, bounds) = generics.split_for_impl();
        let mentioned =
            self.mentioned.iter().map(|ty| quote!(mentioned: ::core::marker::PhantomData<fn(*const #ty)>,));
        let nothing = self.mentioned.iter().map(|_| quote!(mentioned: ::core::marker::PhantomData,));
        let full = &generics.params;
        tokens.extend(quote! {
            #(#conditions)*
            #[doc = #documentation]
            #quiet
            #[repr(transparent)]
            #visibility struct #name<#full> #bounds {
                target: #mode::Target<#state>,
                #(#mentioned)*
            }

            #(#conditions)*
            #quiet
            impl #parameters ::greenroom::__private::FromTarget<#state, #mode> for #name #arguments #bounds {
                fn from_target(target: #mode::Target<#state>) -> Self {
                    Self { target, #(#nothing)* }
                }
            }
        });
    }
}

/// Writes a proxy's method.
pub(crate) fn write(method: &Method, callee: &Callee<'_>) -> TokenStream {
    let Method { name, visibility, attributes, parameters, .. } = method;
    let (mode, state, place) = (mode(), callee.state, types::placed(method.name.span()));
    let offered = parameters.iter().map(|parameter| parameter.offered());
    let packed = parameters.iter().map(|parameter| parameter.packed());
    let (declared, result) = (&method.generics.params, result(method));
    let carries = carries(method);
    let demands = method.demands();
    let bounds = method.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let written = name.unraw().to_string();
    let undocumented = (!attributes.iter().any(|attribute| attribute.path().is_ident("doc")))
        .then(|| format!("Sends `{written}`."))
        .into_iter();
    let send = format_ident!(
        "{}",
        if method.is_cast {
            "cast"
        } else if method.is_fallible() {
            "try_reply"
        } else {
            "reply"
        },
        span = place
    );
    let function = function(method, callee);
    quote_spanned! {place=>
        #(#attributes)*
        #(#[doc = #undocumented])*
        #visibility fn #name<#declared>(&self, #(#offered),*) -> #result
        where
            #(#bounds,)*
            #(#demands,)*
            #carries
        {
            struct __Name;
            impl ::greenroom::__private::Named for __Name {
                const NAME: &'static ::core::primitive::str = #written;
            }
            #mode::#send::<#state, _>(&self.target, #function, (#(#packed,)*))
        }
    }
}

/// What the mode makes of the reply, at the place where the reply's type is written.
fn result(method: &Method) -> TokenStream {
    let (mode, reply) = (mode(), &method.reply);
    let (begin, end) = types::ends(reply);
    if method.is_cast {
        return quote_spanned!(begin=> #mode::Cast);
    }
    let kind = format_ident!("{}", if method.is_fallible() { "TryReply" } else { "Reply" }, span = begin);
    let mut mode = mode;
    mode.set_span(begin);
    let (open, close) = (quote_spanned!(begin=> #mode::#kind<), quote_spanned!(end=> >));
    quote!(#open #reply #close)
}

/// That the mode can carry the arguments.
fn carries(method: &Method) -> TokenStream {
    let mode = mode();
    let types = method.parameters.iter().map(|parameter| &parameter.ty);
    quote_spanned!(types::placed(method.name.span())=> #mode: ::greenroom::__private::Carries<(#(#types,)*)>)
}

/// The method as a function of the state and of what is carried.
fn function(method: &Method, callee: &Callee<'_>) -> TokenStream {
    let (state, namespace, place) = (callee.state, &callee.namespace, types::placed(method.name.span()));
    let names: Vec<_> = method.parameters.iter().map(|parameter| &parameter.name).collect();
    let name = &method.name;
    let chosen =
        method.generics.params.iter().take(method.named_generics).filter_map(|parameter| match parameter {
            GenericParam::Lifetime(_) => None,
            other => Some(types::argument_of(other)),
        });
    let call = quote_spanned!(place=> #namespace::#name::<#(#chosen),*>);
    let abilities = abilities(method, place);
    match method.kind {
        Kind::Exclusive => quote_spanned! {place=>
            ::greenroom::__private::exclusive::<__Name, #state, _, _, _, _>(
                |__state: &mut #state, (#(#names,)*)| #call(__state, #(#names),*),
                #abilities
            )
        },
        Kind::Parallel => quote_spanned! {place=>
            ::greenroom::__private::parallel::<__Name, #state, _, _, _, _>(
                |__me: &::greenroom::Me<#state>, (#(#names,)*)| #call(__me, #(#names),*),
                #abilities
            )
        },
        Kind::Delegated(at) => {
            let (before, behind) = names.split_at(at);
            let reply = &method.reply;
            quote_spanned! {place=>
                ::greenroom::__private::delegated::<__Name, #state, _, #reply, _, _>(
                    |__state: &mut #state, (#(#names,)*), __reply: ::greenroom::Reply<#reply>| {
                        #call(__state, #(#before,)* __reply, #(#behind),*)
                    },
                    #abilities
                )
            }
        }
    }
}

/// What can be done with what is carried, and with the reply: found out here, where their types are known if they ever are.
fn abilities(method: &Method, place: Span) -> TokenStream {
    let names: Vec<_> = method.parameters.iter().map(|parameter| &parameter.name).collect();
    let types: Vec<_> = method.parameters.iter().map(|parameter| &parameter.ty).collect();
    let (reply, probe) = (&method.reply, quote_spanned!(place=> ::greenroom::__private::Probe));
    quote_spanned! {place=>
        || {
            #[allow(unused_imports)]
            use ::greenroom::__private::Unable as _;
            ::greenroom::__private::Abilities::<(#(#types,)*), #reply> {
                arguments: |(#(#names,)*), __f| {
                    ::greenroom::__private::show_all(__f, &[#(#probe(#names).shown()),*])
                },
                duplicate: |(#(#names,)*)| ::core::option::Option::Some((#(#probe(#names).duplicated()?,)*)),
                reply: |__reply, __f| ::greenroom::__private::show(__f, #probe(__reply).shown()),
            }
        }
    }
}
