//! What is borrowed cannot be sent.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn write(&mut self, text: &str) {}
    fn sort(&mut self, papers: &mut [u8]) {}
    fn count(&mut self, with: Option<&u8>, from: std::slice::Iter<'_, u8>) {}
    fn lend(&mut self, to: &Ref<Desk>) {}
    fn take<'a>(&mut self, paper: std::borrow::Cow<'a, str>) {}
    fn fine(&mut self, text: &'static str, by: fn(&str) -> &str, or: Box<dyn Fn(&str) -> &str + Send>) {}
}

fn main() {}
