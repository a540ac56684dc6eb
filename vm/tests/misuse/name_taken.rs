//! A method that a reference has itself would never be found.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn stop(&mut self) {}
    fn id(&self) -> u8 {
        0
    }
    #[local]
    fn max(&self) -> u8 {
        0
    }
}

fn main() {}
