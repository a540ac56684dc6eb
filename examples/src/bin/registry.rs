//! References are values: an actor can keep them, by name here, and give them to whoever asks. An error of its own comes
//! back to its caller as it is.
//!
//! Prints:
//! ```text
//! bound: attic, cellar
//! the cellar answers: who is there?
//! of the garage, the registry says: nothing is bound to "garage"
//! bound twice: "attic" is bound already
//! bound: attic
//! the machine knows the registry by name: true
//! once it has stopped: nothing is registered as "registry": register an actor under that name first
//! ```

use std::collections::BTreeMap;
use std::fmt;

use greenroom::prelude::*;
use greenroom::{lookup, register, whereis};

struct Room {
    reply: &'static str,
}

#[actor]
impl Room {
    fn knock(&self) -> &'static str {
        self.reply
    }
}

#[derive(Default)]
struct Registry {
    rooms: BTreeMap<String, Ref<Room>>,
}

#[actor]
impl Registry {
    fn bind(&mut self, name: String, room: Ref<Room>) -> Result<(), RegistryError> {
        if self.rooms.contains_key(&name) {
            return Err(RegistryError::Bound(name));
        }
        self.rooms.insert(name, room);
        Ok(())
    }

    fn lookup(&self, name: String) -> Result<Ref<Room>, RegistryError> {
        self.rooms.get(&name).cloned().ok_or(RegistryError::Unbound(name))
    }

    fn unbind(&mut self, name: String) -> Result<(), RegistryError> {
        self.rooms.remove(&name).map(drop).ok_or(RegistryError::Unbound(name))
    }

    fn get_all(&self) -> Vec<String> {
        self.rooms.keys().cloned().collect()
    }
}

#[derive(Debug)]
enum RegistryError {
    Bound(String),
    Unbound(String),
    /// The registry was not reached.
    Call(CallError),
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistryError::Bound(name) => write!(f, "{name:?} is bound already"),
            RegistryError::Unbound(name) => write!(f, "nothing is bound to {name:?}"),
            RegistryError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RegistryError {}

/// So that a method which can fail by itself has one error for both.
impl From<CallError> for RegistryError {
    fn from(error: CallError) -> Self {
        RegistryError::Call(error)
    }
}

/// Has nothing but a name to begin with.
fn visit() -> greenroom::Result {
    let registry: Ref<Registry> = lookup("registry")?;
    println!("bound: {}", registry.get_all()?.join(", "));
    println!("the cellar answers: {}", registry.lookup("cellar".into())?.knock()?);

    if let Err(error) = registry.lookup("garage".into()) {
        println!("of the garage, the registry says: {error}");
    }
    if let Err(error) = registry.bind("attic".into(), spawn(Room { reply: "boo" })) {
        println!("bound twice: {error}");
    }
    registry.unbind("cellar".into())?;
    println!("bound: {}", registry.get_all()?.join(", "));
    Ok(())
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let registry = spawn(Registry::default());
        registry.bind("attic".into(), spawn(Room { reply: "it is dark in here" }))?;
        registry.bind("cellar".into(), spawn(Room { reply: "who is there?" }))?;

        // The machine has names of its own, which end with their actors.
        register("registry", &registry)?;
        visit()?;
        println!("the machine knows the registry by name: {}", whereis("registry") == Some(registry.id()));

        registry.stop();
        // The name is free before anyone is told of the end, and this call is.
        assert!(registry.get_all().is_err());
        if let Err(error) = lookup::<Registry>("registry") {
            println!("once it has stopped: {error}");
        }
        Ok(())
    })
}
