//! Sequences become pictures: each scene as it was last looked at and found good.
//!
//! A picture that changes on purpose is written anew with `UPDATE_GOLDEN=1`, and then wants to be looked at.

#[path = "pictures/geometry.rs"]
mod geometry;
#[path = "pictures/scenes.rs"]
mod scenes;
#[path = "pictures/script.rs"]
mod script;
mod support;

use greenroom_trace::Limits;
use support::{a_day_at_the_bank, assert_golden};

#[test]
fn each_scene_is_drawn_as_before() {
    for (name, sequence) in scenes::all() {
        assert_golden(&format!("{name}.svg"), &sequence.to_svg());
    }
}

#[test]
fn a_day_at_the_bank_as_a_picture() {
    assert_golden("bank.svg", &a_day_at_the_bank().sequence(&Limits::default()).to_svg());
}

#[test]
fn a_day_at_the_bank_as_a_page() {
    assert_golden("bank.html", &a_day_at_the_bank().to_html(&Limits::default()));
}
