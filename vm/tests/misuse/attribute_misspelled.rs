//! Attributes of methods are known by name.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    #[casts]
    fn write(&mut self) {}
    #[cast(now)]
    fn read(&mut self) {}
}

fn main() {}
