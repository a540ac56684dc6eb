//! Programs with parameters at the edge of what they allow, where a rule of the problem matters that no usual size shows.

use greenroom::Vm;
use greenroom_savina::problem::{Parameters, Size};
use greenroom_savina::{problems, programs};

/// Runs with the small size but for these, on one worker and on several.
fn is_right(name: &str, settings: &[(&str, &str)]) {
    let problem = problems::named(name).unwrap();
    let mut parameters = Parameters::new(problem, Size::Small);
    for (parameter, value) in settings {
        parameters.set(parameter, value).unwrap();
    }
    parameters.check().unwrap();
    for workers in [1, 2, 5] {
        let vm = Vm::builder().workers(workers).build().unwrap();
        let answer = programs::run(&vm, &parameters);
        if let Err(wrong) = problem.expected(&parameters).check(answer) {
            panic!("{name} with {parameters} on {workers} workers: {wrong}");
        }
    }
}

#[test]
fn a_barber_with_one_seat_serves_everybody_who_comes_again() {
    is_right("barber", &[("room", "1"), ("arrival", "1")]);
    is_right("barber", &[("customers", "1")]);
}

#[test]
fn a_lone_smoker_smokes_every_time() {
    is_right("cigsmok", &[("smokers", "1")]);
    is_right("cigsmok", &[("rounds", "1")]);
}

#[test]
fn a_tree_that_dies_out_is_over() {
    is_right("uct", &[("children", "1")]);
    is_right("uct", &[("nodes", "11")]);
    is_right("uct", &[("nodes", "2"), ("children", "1"), ("work", "0")]);
}

#[test]
fn a_search_ends_that_hands_back_every_node() {
    is_right("astar", &[("cutoff", "1")]);
    is_right("astar", &[("workers", "1"), ("cutoff", "2")]);
    is_right("astar", &[("side", "2")]);
}

#[test]
fn boards_are_handed_out_until_they_are_full_or_not_at_all() {
    is_right("nqueenk", &[("threshold", "16")]);
    is_right("nqueenk", &[("threshold", "0")]);
    is_right("nqueenk", &[("workers", "1")]);
}

#[test]
fn the_first_fibonacci_numbers_need_no_children() {
    for n in ["1", "2", "3"] {
        is_right("fib", &[("n", n)]);
    }
}

#[test]
fn the_shortest_sorts_and_sieves_have_all_their_stages() {
    is_right("radixsort", &[("values", "1")]);
    is_right("bitonicsort", &[("values", "2")]);
    is_right("bitonicsort", &[("values", "4")]);
    is_right("sieve", &[("limit", "4")]);
    is_right("sieve", &[("primes", "1"), ("limit", "200")]);
    is_right("sieve", &[("primes", "1000000")]);
}

#[test]
fn a_single_series_has_a_sum() {
    is_right("logmap", &[("series", "1"), ("terms", "1")]);
    // The whole range of rates: chaos, and all but divergence.
    is_right("logmap", &[("series", "200")]);
}
