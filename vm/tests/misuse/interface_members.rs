//! Only the interface's own members stand in its implementation, and it says how they are sent.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

#[actor]
trait Desk {
    type Wood;
    #[started]
    fn begin(&mut self);
    #[parallel]
    fn wait(me: &Me<Self>);
    fn made() -> u8;
}

#[actor]
trait Shelf {
    fn put(&mut self, thing: u8, reply: Reply<u8>);
}

struct Wall;

#[actor]
impl Shelf for Wall {
    #[cast]
    fn put(&mut self, thing: u8, #[reply] reply: Reply<u8>) {}
    #[started]
    fn begin(&mut self) {}
}

fn main() {}
