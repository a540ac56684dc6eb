//! A message is an ordinary function.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    unsafe fn risk(&mut self) {}
    extern "C" fn abroad(&mut self) {}
    const fn early(&mut self) {}
}

fn main() {}
