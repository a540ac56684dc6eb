//! A plan: all that determines a run of a scenario. Two runs by one plan are the same run.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::fault::Allowed;
use crate::schedule::Schedule;

/// See the head of this file. As text, it is what the report of a failure prints to replay it.
///
/// ```
/// use greenroom_simulation::Plan;
///
/// let plan: Plan = "seed=17 faults=crash:0,lost:0-1-4 rounds=3".parse()?;
/// assert_eq!((plan.seed, plan.amounts["rounds"]), (17, 3));
/// assert_eq!(plan.to_string(), "seed=17 faults=crash:0,lost:0-1-4 rounds=3");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Where all chance comes from.
    pub seed: u64,
    /// Who goes on, of those who can.
    pub schedule: Schedule,
    /// Which faults may happen.
    pub faults: Allowed,
    /// What the scenario's [amounts](crate::Simulation::amount) are, where chance is not to decide.
    pub amounts: BTreeMap<String, u64>,
}

impl Plan {
    /// A run of that seed in which anything may happen.
    pub fn new(seed: u64) -> Self {
        Plan { seed, ..Plan::default() }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed={}", self.seed)?;
        if self.schedule != Schedule::Random {
            write!(f, " schedule={}", self.schedule)?;
        }
        if let Allowed::Only(faults) = &self.faults {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            write!(f, " faults={}", faults.join(","))?;
        }
        self.amounts.iter().try_for_each(|(name, amount)| write!(f, " {name}={amount}"))
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut plan = Plan::default();
        for word in text.split_whitespace() {
            let (name, value) = word
                .split_once('=')
                .ok_or_else(|| format!("{word}: write NAME=VALUE, as in seed=17 or rounds=3"))?;
            let number = || value.parse().map_err(|error| format!("{word}: {error}; write a whole number"));
            match name {
                "seed" => plan.seed = number()?,
                "schedule" => plan.schedule = value.parse()?,
                "faults" => {
                    let faults = value.split(',').filter(|fault| !fault.is_empty()).map(str::parse);
                    plan.faults = Allowed::Only(faults.collect::<Result<_, _>>()?);
                }
                amount => drop(plan.amounts.insert(amount.to_owned(), number()?)),
            }
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let texts = [
            "seed=0",
            "seed=18446744073709551615 faults=",
            "seed=1 schedule=pct:3:1000 faults=order,latency,skew:4,crash:0,partition:1,lost:0-1-2,twice:1-0-3,early:2-1-0",
            "seed=1 schedule=choices:0.2.1 clients=4 rounds=2",
        ];
        for text in texts {
            assert_eq!(text.parse::<Plan>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_plan_is_named() {
        let error = |text: &str| text.parse::<Plan>().unwrap_err();
        assert!(error("seed").contains("write NAME=VALUE"));
        assert!(error("seed=x").contains("seed=x: invalid digit"));
        assert!(error("faults=rain").contains("rain is no fault"));
        assert!(error("faults=lost:1-2").contains("FROM-TO-NUMBER"));
        assert!(error("schedule=fair").contains("fair is no schedule"));
    }
}
