//! A method's own error must be able to say that the call has failed.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Torn;

struct Desk;

#[actor]
impl Desk {
    fn read(&self) -> Result<u8, Torn> {
        Err(Torn)
    }
}

fn main() {}
