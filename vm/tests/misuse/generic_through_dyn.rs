//! What is called through `dyn` is not generic.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

#[actor]
trait Desk {
    fn put<T: Send + 'static>(&mut self, thing: T);
    fn run(&mut self, work: impl FnOnce() + Send);
    fn fine(&mut self, work: Box<dyn FnOnce() + Send>);
}

fn main() {}
