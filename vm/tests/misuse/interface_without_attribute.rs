//! An interface is one by its attribute.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

trait Desk {
    fn write(&mut self);
}

struct Table;

#[actor]
impl Desk for Table {
    fn write(&mut self) {}
}

fn main() {}
