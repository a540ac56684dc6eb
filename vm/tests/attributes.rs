//! What `#[actor]` does with the code around it: macros by example, attributes, and names that it might trip over.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]
#![allow(clippy::duration_suboptimal_units, reason = "the tests' support is held to less")]

mod support;

use greenroom::prelude::*;
use support::both_worlds;

// ---- Macros by example ----

macro_rules! register {
    ($name:ident, $ty:ty, $($method:ident = $value:expr),*) => {
        #[derive(Default)]
        struct $name($ty);

        #[actor]
        impl $name {
            fn swap(&mut self, value: $ty, flag: bool) -> $ty {
                if flag { std::mem::replace(&mut self.0, value) } else { self.0 }
            }
            $(fn $method(&self, $method: $ty) -> $ty { self.0 + $value + $method })*
        }
    };
}

register!(Register, u16, plus_one = 1, plus_two = 2);

#[test]
fn a_macro_by_example_may_make_an_actor() {
    both_worlds(|vm| {
        let register = vm.spawn(Register::default());
        assert_eq!(register.swap(3, true), Ok(0));
        assert_eq!((register.plus_one(1), register.plus_two(1)), (Ok(5), Ok(6)));
    });
}

// ---- What is shared with the proxy ----

struct Dated;

#[actor]
impl Dated {
    #[deprecated = "use `now`"]
    fn then(&self) -> u8 {
        1
    }

    #[cfg(any())]
    fn never(&self, _: Nonsense) {}

    #[cfg(not(any()))]
    #[must_use]
    fn now(&self) -> u8 {
        2
    }

    #[expect(unused_variables, reason = "it is idle")]
    fn idle(&self, unused: u8) {}
}

#[test]
fn attributes_hold_for_the_proxy_as_well() {
    both_worlds(|vm| {
        let dated = vm.spawn(Dated);
        #[expect(deprecated)]
        let then = dated.then();
        assert_eq!((then, dated.now()), (Ok(1), Ok(2)));
        dated.idle(0).unwrap();
    });
}

// ---- Names ----

/// Everything in here is named as what the attribute writes, or as what it refers to.
#[allow(non_camel_case_types)]
mod names {
    use ::greenroom::actor;

    pub(crate) struct Name<Mode>(pub(crate) Mode);

    pub(crate) struct Option(pub(crate) u8);

    mod core {}

    mod greenroom {}

    #[actor]
    impl<Mode: Copy + Send + 'static> Name<Mode> {
        pub(crate) fn state(&self, state: u8, target: Option, me: u8, reply: Mode) -> (u8, Mode) {
            (state + target.0 + me, reply)
        }

        #[started]
        fn started(&mut self) {}
    }
}

#[test]
fn no_name_of_the_user_s_is_mistaken_for_one_of_ours() {
    both_worlds(|vm| {
        let actor = vm.spawn(names::Name('a'));
        assert_eq!(actor.state(1, names::Option(2), 3, 'b'), Ok((6, 'b')));
    });
}
