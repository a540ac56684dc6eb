//! Arguments of the attribute have types.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor(stack = 65536)]
impl Desk {}

fn main() {}
