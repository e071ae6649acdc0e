//! Parts of a tokenizer around its model, given as JSON in the spelling of tokenizer.json:
//! `normalizer`, `pre_tokenizer`, `post_processor` and `decoder` replace what is there (null removes
//! it), `added_tokens` are added, `absent_tokens` are added if they are not yet, and `amend` lists steps (by their `type`) whose named fields
//! replace those of the step of that type, if there is one.

use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::{Map, Value};
use tokenizers::{AddedToken, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

use crate::outcome::{bad_format, Outcome};

pub fn apply(tokenizer: &mut Tokenizer, json: &[u8]) -> Outcome<()> {
    let mut parts: Map<String, Value> = serde_json::from_slice(json).map_err(bad_format)?;
    if let Some(part) = parts.remove("normalizer") {
        let normalizer: Option<NormalizerWrapper> = parse(part)?;
        tokenizer.with_normalizer(normalizer).map_err(bad_format)?;
    }
    if let Some(part) = parts.remove("pre_tokenizer") {
        tokenizer.with_pre_tokenizer(parse::<Option<PreTokenizerWrapper>>(part)?);
    }
    if let Some(part) = parts.remove("post_processor") {
        tokenizer.with_post_processor(parse::<Option<tokenizers::PostProcessorWrapper>>(part)?);
    }
    if let Some(part) = parts.remove("decoder") {
        tokenizer.with_decoder(parse::<Option<tokenizers::DecoderWrapper>>(part)?);
    }
    if let Some(Value::Array(steps)) = parts.remove("amend") {
        amend_steps(tokenizer, &steps)?;
    }
    if let Some(part) = parts.remove("added_tokens") {
        let tokens: Vec<AddedToken> = parse(part)?;
        tokenizer.add_tokens(tokens).map_err(bad_format)?;
    }
    if let Some(part) = parts.remove("absent_tokens") {
        let tokens: Vec<AddedToken> = parse(part)?;
        let known = tokenizer.get_added_vocabulary().get_vocab();
        let absent: Vec<AddedToken> =
            tokens.into_iter().filter(|token| !known.contains_key(&token.content)).collect();
        tokenizer.add_tokens(absent).map_err(bad_format)?;
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(part: Value) -> Outcome<T> {
    serde_json::from_value(part).map_err(bad_format)
}

fn amend_steps(tokenizer: &mut Tokenizer, steps: &[Value]) -> Outcome<()> {
    if let Some(normalizer) = tokenizer.get_normalizer() {
        let amended: NormalizerWrapper = parse(amended(normalizer, steps)?)?;
        tokenizer.with_normalizer(Some(amended)).map_err(bad_format)?;
    }
    if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
        let amended: PreTokenizerWrapper = parse(amended(pre_tokenizer, steps)?)?;
        tokenizer.with_pre_tokenizer(Some(amended));
    }
    Ok(())
}

fn amended(component: &impl Serialize, steps: &[Value]) -> Outcome<Value> {
    let mut value = serde_json::to_value(component).map_err(bad_format)?;
    steps.iter().for_each(|step| amend(&mut value, step));
    Ok(value)
}

fn amend(component: &mut Value, step: &Value) {
    let same_type = component.get("type") == step.get("type");
    match (component, step) {
        (Value::Object(fields), Value::Object(changes)) if same_type => {
            fields.extend(changes.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        (Value::Object(fields), _) => fields.values_mut().for_each(|child| amend(child, step)),
        (Value::Array(children), _) => children.iter_mut().for_each(|child| amend(child, step)),
        _ => {}
    }
}
