//! The type that a caller chooses must be fit to be sent.

use std::rc::Rc;

use greenroom::prelude::*;

struct Desk;

#[actor]
impl Desk {
    fn made<T: Default>(&self) -> T {
        T::default()
    }
}

fn read(desk: &Ref<Desk>) {
    let _ = desk.made::<u8>();
    let _ = desk.made::<Rc<u8>>();
}

fn main() {}
