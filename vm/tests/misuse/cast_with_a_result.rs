//! A one-way method answers nobody.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    #[cast]
    fn write(&mut self) -> u8 {
        0
    }
}

fn main() {}
