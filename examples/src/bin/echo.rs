//! An actor passes itself on, and is called back while it waits for the answer.
//!
//! Prints:
//! ```text
//! hi from bot1
//! how are you? from bot1
//! fine, thanks from bot1
//! bye from bot1
//! without #[parallel], the bot would wait for itself, and is told so at once
//! ```

use greenroom::prelude::*;

struct Echo;

#[actor]
impl Echo {
    fn echo(&self, word: &'static str, bot: Ref<Bot>) -> Result<String, CallError> {
        Ok(format!("{word} from {}", bot.get_name()?))
    }
}

struct Bot {
    name: String,
}

#[actor]
impl Bot {
    fn get_name(&self) -> String {
        self.name.clone()
    }

    /// While this waits for the echo, the bot is free for others: the echo's call is answered then.
    #[parallel]
    fn chat(me: &Me<Self>, echo: Ref<Echo>) -> Result<(), CallError> {
        for word in ["hi", "how are you?", "fine, thanks", "bye"] {
            println!("{}", echo.echo(word, me.to_ref())?);
        }
        Ok(())
    }

    /// This has the bot for itself until it returns.
    fn monologue(&self, echo: Ref<Echo>) -> Result<String, CallError> {
        echo.echo("hi", me::<Self>())
    }
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let echo = spawn(Echo);
        let bot = spawn(Bot { name: "bot1".into() });
        bot.chat(&echo)?;
        if let Err(CallError::Deadlock { .. }) = bot.monologue(&echo) {
            println!("without #[parallel], the bot would wait for itself, and is told so at once");
        }
        Ok(())
    })
}
