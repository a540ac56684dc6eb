//! The attribute is for blocks and traits.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

#[actor]
struct Desk;

#[actor]
fn write() {}

#[actor]
impl [Desk] {}

fn main() {}
