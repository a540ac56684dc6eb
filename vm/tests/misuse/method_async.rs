//! A method is not async.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    async fn read(&self) {}
}

#[actor]
trait Reader {
    async fn read(&self);
}

fn main() {}
