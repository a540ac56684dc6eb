//! An actor's methods are called through its reference if it has the attribute.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

impl Actor for Desk {}

impl Desk {
    fn write(&mut self) {}
}

fn write(desk: &Ref<Desk>) {
    desk.write();
    desk.cast().write();
}

fn main() {}
