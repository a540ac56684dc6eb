//! The attributes that `#[actor]` reads and takes away: `#[cast]` and its like on methods, `#[reply]` on a parameter.

use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token, parse_quote};

use crate::complaints::Complaints;

/// What a method is marked as.
#[derive(Default)]
pub(crate) struct Marks {
    /// One-way, unless the caller says otherwise.
    pub(crate) cast: Option<Attribute>,
    /// On a coroutine of its own.
    pub(crate) parallel: Option<Attribute>,
    /// No message.
    pub(crate) local: Option<Attribute>,
    /// Runs before the first message.
    pub(crate) started: Option<Attribute>,
    /// Runs after the last.
    pub(crate) stopping: Option<Attribute>,
}

impl Marks {
    /// Takes ours out of a method's attributes.
    pub(crate) fn take(attributes: &mut Vec<Attribute>, complaints: &mut Complaints) -> Self {
        let mut marks = Marks::default();
        let names = ["cast", "parallel", "local", "started", "stopping"];
        for attribute in attributes.extract_if(.., |a| names.iter().any(|name| a.path().is_ident(name))) {
            if !matches!(attribute.meta, Meta::Path(_)) {
                complaints.add(&attribute, "this attribute takes no arguments");
            }
            let mark = match attribute.path() {
                path if path.is_ident("cast") => &mut marks.cast,
                path if path.is_ident("parallel") => &mut marks.parallel,
                path if path.is_ident("local") => &mut marks.local,
                path if path.is_ident("started") => &mut marks.started,
                _ => &mut marks.stopping,
            };
            if mark.replace(attribute).is_some() {
                complaints.add(mark.as_ref(), "this is written twice");
            }
        }
        marks.refuse_contradictions(complaints);
        marks
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Attribute> {
        [&self.cast, &self.parallel, &self.local, &self.started, &self.stopping].into_iter().flatten()
    }

    fn refuse_contradictions(&self, complaints: &mut Complaints) {
        let unsent = [&self.local, &self.started, &self.stopping].into_iter().flatten();
        if unsent.count() > 0 && self.all().count() > 1 {
            let last = self.all().last();
            complaints.add(
                last,
                "`#[local]`, `#[started]` and `#[stopping]` stand alone: such a method is no message",
            );
        }
    }
}

/// Takes `#[reply]` out of a parameter's attributes.
pub(crate) fn take_reply(attributes: &mut Vec<Attribute>) -> Option<Attribute> {
    attributes.extract_if(.., |attribute| attribute.path().is_ident("reply")).last()
}

/// Those of the user's attributes that hold for the proxy's method as well: what documents it, and what it may be.
pub(crate) fn shared(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter_map(shared_one).collect()
}

fn shared_one(attribute: &Attribute) -> Option<Attribute> {
    let is_one_of = |names: &[&str]| names.iter().any(|name| attribute.path().is_ident(name));
    if is_one_of(&["doc", "cfg", "deprecated", "must_use", "allow"]) {
        return Some(attribute.clone());
    }
    let Meta::List(list) = &attribute.meta else { return None };
    if is_one_of(&["expect"]) {
        // What is expected happens in the user's own method; it may not in ours.
        let lints = &list.tokens;
        return Some(parse_quote!(#[allow(#lints)]));
    }
    let nested = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let documents =
        |meta: &Meta| ["doc", "deprecated", "must_use"].iter().any(|name| meta.path().is_ident(name));
    (is_one_of(&["cfg_attr"]) && nested.iter().skip(1).all(documents)).then(|| attribute.clone())
}

/// The conditions under which something is there at all.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// The lints that the user has silenced for a whole block.
pub(crate) fn allowed(attributes: &[Attribute]) -> Vec<Attribute> {
    let lints = attributes.iter().filter(|a| a.path().is_ident("allow") || a.path().is_ident("expect"));
    lints.filter_map(shared_one).collect()
}
