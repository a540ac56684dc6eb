//! A method is as visible as it is written.
#![allow(dead_code, unused_variables)]

mod room {
    use greenroom::prelude::*;

    pub struct Desk;

    #[actor]
    impl Desk {
        fn secret(&self) {}
        pub fn open(&self) {}
    }
}

fn read(desk: &greenroom::Ref<room::Desk>) {
    let _ = desk.open();
    let _ = desk.secret();
}

fn main() {}
