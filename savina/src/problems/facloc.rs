//! Online Facility Location: a tree of actors that grows where the customers are.
//!
//! A producer sends customers, points of a plane, one after another to the root of a tree of [quadrants](Quadrant), each of which is
//! an actor. A leaf takes a customer in, at the cost of the distance to the nearest facility that it knows of. When it has
//! become too dear, it opens a facility in its middle, makes four children, shares its customers among them, and tells its parent, who
//! tells its own parent, and the child opposite. At the end, a request to leave goes down the tree, and the counts come up.
//!
//! How many facilities there are may vary with the order of messages.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem, never};
use crate::random::Generator;

const SEED: u64 = 123_456;
/// The suite's weight of the cost of a facility, which itself is the diagonal of the plane.
const ALPHA: f64 = 2.0;

/// What is asked. The answer is how many customers the leaves have taken in.
pub static PROBLEM: Problem = Problem {
    number: 20,
    name: "facloc",
    title: "Online Facility Location",
    kind: Kind::Parallel,
    operation: "customer",
    parameters: &[
        Parameter {
            name: "points",
            meaning: "customers, one after another",
            suite: 100_000,
            small: 1_000,
            long: 1_000_000,
            allowed: 1..=1_000_000_000,
        },
        Parameter {
            name: "grid",
            meaning: "the side of the plane",
            suite: 500,
            small: 500,
            long: 500,
            allowed: 1..=1_000_000,
        },
        Parameter {
            name: "depth",
            meaning: "quadrants as deep as this open no facility",
            suite: 3,
            small: 3,
            long: 6,
            allowed: 0..=30,
        },
    ],
    refusal: never,
    operations: |parameters| parameters["points"],
    expected: |parameters| Expected::Whole(parameters["points"]),
};

/// A place in the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    x: f64,
    y: f64,
}

impl Point {
    fn distance(self, other: Self) -> f64 {
        ((self.x - other.x).powi(2) + (self.y - other.y).powi(2)).sqrt()
    }
}

/// All customers, in the order in which they come.
pub fn customers(parameters: &Parameters) -> impl Iterator<Item = Point> + Send + 'static {
    let side = parameters["grid"] as f64;
    let mut random = Generator::new(SEED);
    (0..parameters["points"])
        .map(move |_| Point { x: random.next_real() * side, y: random.next_real() * side })
}

/// A square part of the plane, and what is known there.
#[derive(Debug)]
pub struct Quadrant {
    middle: Point,
    /// Half of its side.
    reach: f64,
    /// How many more levels of quadrants may be below it.
    levels: u64,
    /// Where it gets too dear.
    threshold: f64,
    /// The sum of its customers' distances to the nearest facility known, each at the time when it came.
    cost: f64,
    customers: Vec<Point>,
    /// Those that it knows of, and the one that it would open itself.
    facilities: Vec<Point>,
}

impl Quadrant {
    /// The whole plane.
    pub fn root(parameters: &Parameters) -> Self {
        let side = parameters["grid"] as f64;
        let threshold = ALPHA * 2_f64.sqrt() * side;
        let middle = Point { x: side / 2.0, y: side / 2.0 };
        Self::new(middle, side / 2.0, parameters["depth"], threshold, Vec::new())
    }

    fn new(middle: Point, reach: f64, levels: u64, threshold: f64, mut facilities: Vec<Point>) -> Self {
        facilities.push(middle);
        Self { middle, reach, levels, threshold, cost: 0.0, customers: Vec::new(), facilities }
    }

    /// Takes a customer in, who is in this quadrant.
    pub fn add(&mut self, customer: Point) {
        let beyond = (customer.x - self.middle.x).abs().max((customer.y - self.middle.y).abs());
        assert!(beyond <= self.reach, "a customer came to a quadrant that it is not in");
        let distances = self.facilities.iter().map(|facility| facility.distance(customer));
        self.cost += distances.fold(f64::INFINITY, f64::min);
        self.customers.push(customer);
    }

    /// How many customers it has.
    pub fn customers(&self) -> u64 {
        self.customers.len() as u64
    }

    /// Whether a facility is to be opened here now.
    pub fn is_too_dear(&self) -> bool {
        self.levels > 0 && self.cost > self.threshold
    }

    /// Where its facility is, open or not.
    pub fn facility(&self) -> Point {
        self.middle
    }

    /// Another one has opened a facility.
    pub fn learn(&mut self, facility: Point) {
        self.facilities.push(facility);
    }

    /// Its four quarters, to whom its customers go. The quarter opposite to number `n` is [`opposite`]`(n)`.
    pub fn divide(&mut self) -> [Self; 4] {
        let reach = self.reach / 2.0;
        let mut quarters = [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)].map(|(right, up)| {
            let middle = Point { x: self.middle.x + right * reach, y: self.middle.y + up * reach };
            Self::new(middle, reach, self.levels - 1, self.threshold, self.facilities.clone())
        });
        for customer in std::mem::take(&mut self.customers) {
            quarters[self.quarter_of(customer)].add(customer);
        }
        quarters
    }

    /// The number of the quarter that a customer of this quadrant belongs to.
    pub fn quarter_of(&self, customer: Point) -> usize {
        usize::from(customer.x > self.middle.x) + 2 * usize::from(customer.y > self.middle.y)
    }
}

/// The number of the quarter that only touches quarter `number`, in the middle.
pub fn opposite(number: usize) -> usize {
    3 - number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn a_quadrant_that_got_too_dear_shares_all_its_customers_among_its_quarters() {
        let parameters = Parameters::new(&PROBLEM, Size::Small);
        let mut root = Quadrant::root(&parameters);
        let mut coming = customers(&parameters);
        while !root.is_too_dear() {
            root.add(coming.next().expect("it gets too dear before all have come"));
        }
        let all = root.customers();
        let quarters = root.divide();
        assert_eq!(quarters.iter().map(Quadrant::customers).sum::<u64>(), all);
        assert_eq!(root.customers(), 0);
        // The threshold is that of four customers in the corners.
        assert!(all >= 4, "{all} customers cannot be so far away");
    }

    #[test]
    fn a_customer_costs_the_distance_to_the_nearest_facility_known() {
        let mut root = Quadrant::root(&Parameters::new(&PROBLEM, Size::Small));
        root.add(Point { x: 250.0, y: 150.0 });
        assert_eq!(root.cost, 100.0);
        root.learn(Point { x: 253.0, y: 146.0 });
        root.add(Point { x: 250.0, y: 150.0 });
        assert_eq!(root.cost, 105.0);
    }

    #[test]
    fn quadrants_at_the_cutoff_open_no_facility() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("depth", "0").unwrap();
        let mut root = Quadrant::root(&parameters);
        customers(&parameters).for_each(|customer| root.add(customer));
        assert!(root.cost > root.threshold && !root.is_too_dear());
    }

    #[test]
    fn the_opposite_quarter_differs_in_both_directions() {
        let root = Quadrant::root(&Parameters::new(&PROBLEM, Size::Small));
        for (x, y) in [(1.0, 1.0), (499.0, 1.0), (1.0, 499.0), (499.0, 499.0)] {
            let mirrored = root.quarter_of(Point { x: 500.0 - x, y: 500.0 - y });
            assert_eq!(opposite(root.quarter_of(Point { x, y })), mirrored);
        }
    }
}
