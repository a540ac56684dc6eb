//! What the machine calls has the signature that it expects.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    #[started]
    fn begin(&mut self, early: bool) {}
    #[stopping]
    fn end(&mut self) {}
}

struct Shelf;

#[actor]
impl Shelf {
    #[stopping]
    fn end(&mut self, reason: String) {}
}

struct Lamp;

#[actor]
impl Lamp {
    #[started]
    fn one(&mut self) {}
    #[started]
    fn two(&mut self) {}
    #[started]
    #[cast]
    fn three(&mut self) {}
}

#[actor(more)]
impl Lamp {
    #[stopping]
    fn end(&mut self, reason: &ExitReason) {}
}

fn main() {}
