//! A reply does not borrow from the actor.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk(String);

#[actor]
impl Desk {
    fn title(&self) -> &str {
        &self.0
    }
    fn letters(&self) -> impl Iterator<Item = char> {
        Vec::new().into_iter()
    }
    fn fine(&self) -> &'static str {
        "fine"
    }
}

fn main() {}
