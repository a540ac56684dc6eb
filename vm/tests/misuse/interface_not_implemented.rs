//! A reference is taken for what its actor is.
#![allow(dead_code, unused_variables)]

use greenroom::prelude::*;

#[actor]
trait Desk {
    fn write(&mut self);
}

struct Chair;

#[actor]
impl Chair {}

struct Room;

#[actor]
impl Room {
    fn furnish(&mut self, desk: Ref<dyn Desk>) {}
}

fn furnish(room: &Ref<Room>, chair: &Ref<Chair>) {
    let _ = room.furnish(chair);
    chair.upcast::<dyn Desk>();
    let _ = room.furnish(7);
}

fn main() {}
