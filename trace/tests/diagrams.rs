//! Diagrams as text, against golden files.

mod support;

use greenroom_trace::Limits;
use support::{a_day_at_the_bank, assert_golden, two_nodes};

#[test]
fn a_day_at_the_bank_in_plantuml() {
    assert_golden("bank.puml", &a_day_at_the_bank().sequence(&Limits::default()).to_plantuml());
}

#[test]
fn a_day_at_the_bank_in_mermaid() {
    assert_golden("bank.mmd", &a_day_at_the_bank().sequence(&Limits::default()).to_mermaid());
}

#[test]
fn a_day_at_the_bank_as_a_log() {
    assert_golden("bank.txt", &a_day_at_the_bank().to_text());
}

#[test]
fn two_nodes_in_plantuml() {
    assert_golden("nodes.puml", &two_nodes().sequence(&Limits::default()).to_plantuml());
}

#[test]
fn two_nodes_in_mermaid() {
    assert_golden("nodes.mmd", &two_nodes().sequence(&Limits::default()).to_mermaid());
}
