//! An actor has one block that makes it one.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

#[actor]
trait Desk {
    fn write(&mut self);
}

struct Table;

#[actor]
impl Table {}

#[actor]
impl Desk for Table {
    fn write(&mut self) {}
}

fn main() {}
