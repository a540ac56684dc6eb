//! What is sent must be fit to be sent.
#![allow(dead_code, unused_variables)]

use std::rc::Rc;

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn put(&mut self, number: u8, paper: Rc<str>) {}
}

fn main() {}
