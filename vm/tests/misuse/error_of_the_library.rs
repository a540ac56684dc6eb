//! Errors that are not ours cannot say that the call has failed.
#![allow(dead_code, unused_variables)]

use std::io;

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn read(&self) -> io::Result<u8> {
        Ok(0)
    }
}

fn main() {}
