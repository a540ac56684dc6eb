//! A reply must be fit to be sent.
#![allow(dead_code, unused_variables)]

use std::rc::Rc;

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn paper(&self) -> Rc<str> {
        "".into()
    }
}

fn main() {}
