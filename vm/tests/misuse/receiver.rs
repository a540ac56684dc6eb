//! The actor stays where it is.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn into_wood(self) -> u8 {
        0
    }
    fn boxed(self: Box<Self>) {}
    #[cast]
    fn nobody() {}
    #[local]
    fn fine(self) {}
}

fn main() {}
