//! Arguments of the attribute are known by name.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor(stak = StackSize::KIB_256)]
impl Desk {}

struct Shelf;

#[actor(mailbox = 10)]
impl Shelf {}

struct Drawer;

#[actor(stack)]
impl Drawer {}

struct Lamp;

#[actor(more, priority = Priority::High)]
impl Lamp {}

#[actor(priority = Priority::High)]
trait Table {}

fn main() {}
