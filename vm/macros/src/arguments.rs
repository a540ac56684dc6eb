//! What stands in the parentheses of `#[actor(…)]`.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Meta, Token};

use crate::complaints::Complaints;
use crate::names;

const KNOWN: &[&str] = &["stack", "priority", "capacity", "more"];

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Arguments {
    /// `stack = StackSize::KIB_256`
    pub(crate) stack: Option<Expr>,
    /// `priority = Priority::High`
    pub(crate) priority: Option<Expr>,
    /// `capacity = Capacity::of(1000)`
    pub(crate) capacity: Option<Expr>,
    /// A further block of an actor that has one already.
    pub(crate) more: bool,
    written: TokenStream,
}

impl Arguments {
    pub(crate) fn read(written: TokenStream, complaints: &mut Complaints) -> Self {
        let mut arguments = Arguments { written: written.clone(), ..Arguments::default() };
        match Punctuated::<Meta, Token![,]>::parse_terminated.parse2(written) {
            Ok(list) => list.into_iter().for_each(|argument| arguments.take(argument, complaints)),
            Err(error) => complaints.take_over(error),
        }
        let has_others =
            arguments.stack.is_some() || arguments.priority.is_some() || arguments.capacity.is_some();
        if arguments.more && has_others {
            complaints.add(
                &arguments.written,
                "`stack`, `priority` and `capacity` belong on the actor's first block, the one without `more`",
            );
        }
        arguments
    }

    fn take(&mut self, argument: Meta, complaints: &mut Complaints) {
        let name = argument.path().get_ident().map(ToString::to_string).unwrap_or_default();
        match (name.as_str(), &argument) {
            ("more", Meta::Path(_)) if !self.more => self.more = true,
            ("stack", Meta::NameValue(pair)) if self.stack.is_none() => self.stack = Some(pair.value.clone()),
            ("priority", Meta::NameValue(pair)) if self.priority.is_none() => {
                self.priority = Some(pair.value.clone());
            }
            ("capacity", Meta::NameValue(pair)) if self.capacity.is_none() => {
                self.capacity = Some(pair.value.clone());
            }
            ("more" | "stack" | "priority" | "capacity", _) => complaints.add(
                &argument,
                "this is written once, as in `#[actor(stack = StackSize::KIB_256, priority = Priority::High)]` or \
                 `#[actor(more)]`",
            ),
            _ => complaints.add(argument.path(), unknown(&name)),
        }
    }

    /// Where none have a meaning.
    pub(crate) fn refuse(&self, complaints: &mut Complaints) {
        if !self.written.is_empty() {
            complaints.add(
                &self.written,
                "an interface has no such arguments: write them on the `impl` blocks of its actors",
            );
        }
    }
}

fn unknown(name: &str) -> String {
    match names::nearest(name, KNOWN) {
        Some(meant) => format!("`#[actor]` has no argument `{name}`: did you mean `{meant}`?"),
        None => format!(
            "`#[actor]` has no argument `{name}`: it takes `stack = …`, `priority = …`, `capacity = …`, and `more` for a \
             further block of the same actor"
        ),
    }
}
