//! The token of a reply is one, has a type, and is the only answer.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn twice(&mut self, #[reply] first: Reply<u8>, #[reply] second: Reply<u8>) {}
    fn returned(&mut self, #[reply] reply: Reply<u8>) -> u8 {
        0
    }
    fn untyped(&mut self, #[reply] reply: u8) {}
    #[cast]
    fn to_nobody(&mut self, #[reply] reply: Reply<u8>) {}
}

fn main() {}
