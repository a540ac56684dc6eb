//! A parallel method does not have the state for itself.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    #[parallel]
    fn write(&mut self) {}
    #[parallel]
    fn read(page: u8) {}
    fn unmarked(me: &Me<Self>) {}
    #[parallel]
    fn late(me: &Me<Self>, #[reply] reply: Reply<u8>) {}
}

fn main() {}
