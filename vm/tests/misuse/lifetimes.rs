//! An actor borrows nothing.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk<'a>(&'a str);

#[actor]
impl<'a> Desk<'a> {
    fn write(&mut self) {}
}

#[actor]
trait Shelf<'a> {
    fn put(&mut self);
}

fn main() {}
