// Checks the "template" object of a send against the template and fills it in.
//
// Returns what the phone shows: {header: {format, mediaId|link|text}, body, footer, buttons, template}.
// Throws GraphError with the code the provider would answer with.
import { GraphError, invalidParameter, invalidValue, missing } from './graph_error.js';
import { buttonsOf, componentOf, fill, variablesOf } from './templates.js';
import { isObject, onlyKeys, requireMediaRef, requireText } from './shape.js';

const kMediaHeaders = { VIDEO: 'video', IMAGE: 'image', DOCUMENT: 'document', GIF: 'gif' };

export function filledTemplate(templates, request) {
  const given = request.template;
  if (!isObject(given)) throw missing('template');
  onlyKeys(given, ['name', 'language', 'components', 'namespace'], 'template');
  const template = requireSendable(templates, given);
  const components = componentsOf(given);
  return {
    template,
    header: header(template, components.header),
    body: body(template, components.body),
    footer: componentOf(template, 'FOOTER')?.text,
    buttons: buttons(template, components.buttons),
  };
}

function requireSendable(templates, given) {
  requireText(given.name, 'template.name', 512);
  if (!isObject(given.language)) throw missing('template.language');
  onlyKeys(given.language, ['code', 'policy'], 'template.language');
  requireText(given.language.code, 'template.language.code', 20);
  if ((given.language.policy ?? 'deterministic') !== 'deterministic') throw invalidParameter('template.language.policy must be deterministic');
  const template = templates.find(given.name, given.language.code);
  if (!template || ['PENDING', 'REJECTED', 'DELETED', 'PENDING_DELETION', 'IN_APPEAL'].includes(template.status)) {
    throw new GraphError(132001, `template name (${given.name}) does not exist in ${given.language.code}`);
  }
  if (template.status === 'PAUSED') throw new GraphError(132015, 'The template is paused because of its quality');
  if (template.status === 'DISABLED') throw new GraphError(132016, 'The template is disabled for good');
  return template;
}

function componentsOf(given) {
  const found = { buttons: new Map() };
  if (given.components === undefined) return found;
  if (!Array.isArray(given.components)) throw invalidParameter('template.components must be a list');
  for (const component of given.components) {
    if (!isObject(component)) throw invalidParameter('template.components must hold objects');
    onlyKeys(component, ['type', 'sub_type', 'index', 'parameters'], 'template.components');
    const type = String(component.type ?? '').toLowerCase();
    if (component.parameters !== undefined && !Array.isArray(component.parameters)) throw invalidParameter('parameters must be a list');
    if (type === 'button') putButton(found.buttons, component);
    else if (type === 'header' || type === 'body') putOnce(found, type, component);
    else throw invalidParameter(`template.components: type must be header, body or button, not ${JSON.stringify(component.type)}`);
  }
  return found;
}

function putOnce(found, type, component) {
  if (found[type]) throw invalidParameter(`template.components: ${type} is there twice`);
  if (component.sub_type !== undefined || component.index !== undefined) throw invalidParameter(`template.components: ${type} takes no sub_type and no index`);
  found[type] = component;
}

function putButton(buttons, component) {
  if (component.sub_type === undefined) throw missing('template.components.sub_type');
  if (component.index === undefined) throw missing('template.components.index');
  if (!/^[0-9]$/.test(String(component.index))) throw invalidValue('The index of a button is 0 to 9');
  const index = Number(component.index);
  if (buttons.has(index)) throw invalidParameter(`template.components: button ${index} is there twice`);
  buttons.set(index, component);
}

// ---- header

function header(template, component) {
  const wanted = componentOf(template, 'HEADER');
  const parameters = component?.parameters ?? [];
  if (!wanted) return component ? mismatch('header', parameters.length, 0) : undefined;
  if (wanted.format === 'TEXT') return textHeader(template, wanted, parameters);
  if (wanted.format === 'LOCATION') return { format: 'LOCATION' };
  const kind = kMediaHeaders[wanted.format];
  if (parameters.length !== 1) {
    throw new GraphError(132012, `header: Format mismatch, expected ${wanted.format}, received UNKNOWN`);
  }
  const [parameter] = parameters;
  if (parameter?.type !== kind) throw new GraphError(132012, `header: Format mismatch, expected ${wanted.format}, received ${String(parameter?.type).toUpperCase()}`);
  onlyKeys(parameter, ['type', kind, 'parameter_name'], 'header parameter');
  return { format: wanted.format, ...requireMediaRef(parameter[kind], `header ${kind}`, kind === 'document' ? ['filename'] : []) };
}

function textHeader(template, wanted, parameters) {
  const values = valuesOf(template, variablesOf(wanted.text), parameters, 'header');
  return { format: 'TEXT', text: fill(wanted.text, values) };
}

// ---- body

function body(template, component) {
  const wanted = componentOf(template, 'BODY');
  const values = valuesOf(template, variablesOf(wanted.text), component?.parameters ?? [], 'body');
  const text = fill(wanted.text, values);
  if ([...text].length > 1024) throw new GraphError(132005, `The filled in body has ${[...text].length} characters, at most 1024 are allowed`);
  return text;
}

function valuesOf(template, names, parameters, where) {
  if (parameters.length !== names.length) mismatch(where, parameters.length, names.length);
  const named = template.parameter_format === 'NAMED';
  const values = {};
  parameters.forEach((parameter, i) => {
    const name = named ? parameterName(parameter, names, values, where) : positional(parameter, names[i], i, names, where);
    values[name] = parameterText(parameter, where);
  });
  return values;
}

function parameterName(parameter, names, values, where) {
  const name = parameter?.parameter_name;
  if (name === undefined) throw new GraphError(100, `${where}: Parameter name is missing or empty`);
  if (!names.includes(name) || name in values) throw new GraphError(100, `${where}: Parameter name ${JSON.stringify(name)} is not expected`);
  return name;
}

function positional(parameter, name, i, names, where) {
  if (parameter?.parameter_name !== undefined) throw new GraphError(100, `${where}: the template is positional, parameter_name is not expected`);
  return [...names].sort((a, b) => a - b)[i] ?? name;
}

function parameterText(parameter, where) {
  if (!isObject(parameter)) throw invalidParameter(`${where}: a parameter must be an object`);
  if (parameter.type === 'currency' || parameter.type === 'date_time') return fallback(parameter, where);
  if (parameter.type !== 'text') throw new GraphError(132012, `${where}: parameter of type ${JSON.stringify(parameter.type)} where text is expected`);
  onlyKeys(parameter, ['type', 'text', 'parameter_name'], `${where} parameter`);
  return requireParameterText(parameter.text, where);
}

function fallback(parameter, where) {
  onlyKeys(parameter, ['type', parameter.type, 'parameter_name'], `${where} parameter`);
  return requireParameterText(parameter[parameter.type]?.fallback_value, where);
}

function requireParameterText(value, where) {
  if (typeof value !== 'string' || value === '') throw missing(`${where}: text of a parameter`);
  if (value.length > 32_768) throw invalidParameter(`${where}: a parameter has more than 32768 characters`);
  if (/[\n\r\t]| {5,}/.test(value)) {
    throw new GraphError(132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces");
  }
  return value;
}

// ---- buttons

function buttons(template, given) {
  const all = buttonsOf(template);
  for (const [index, component] of given) requireButton(all, index, component);
  return all.map((button, index) => filledButton(button, index, given.get(index)));
}

function requireButton(all, index, component) {
  const expected = all[index]?.type?.toLowerCase();
  const subType = String(component.sub_type).toLowerCase();
  if (!expected) throw new GraphError(132000, `buttons: the template has no button at index ${index}`);
  if (subType !== expected) throw new GraphError(132012, `buttons: button ${index} is ${expected}, received ${subType}`);
}

function filledButton(button, index, component) {
  const parameters = component?.parameters ?? [];
  if (button.type === 'URL') return { type: 'URL', text: button.text, url: buttonUrl(button, index, parameters) };
  if (button.type === 'QUICK_REPLY') return { type: 'QUICK_REPLY', text: button.text, payload: payload(button, index, parameters) };
  return { ...button };
}

function buttonUrl(button, index, parameters) {
  const names = variablesOf(button.url);
  if (parameters.length !== names.length) {
    if (!parameters.length) throw new GraphError(131008, `Required parameter is missing: buttons: Button at index ${index} of type Url requires a parameter`);
    mismatch(`button ${index}`, parameters.length, names.length);
  }
  if (!names.length) return button.url;
  const url = fill(button.url, { 1: parameterText(parameters[0], `button ${index}`) });
  if (url.length > 2000) throw new GraphError(132005, `buttons: the address of button ${index} has more than 2000 characters`);
  if (/[\s"<>\\^`{|}]/.test(url)) throw new GraphError(132018, `buttons: the address of button ${index} is not percent-encoded`);
  return url;
}

function payload(button, index, parameters) {
  if (!parameters.length) return button.text;
  if (parameters.length > 1) mismatch(`button ${index}`, parameters.length, 1);
  const [parameter] = parameters;
  if (parameter?.type !== 'payload') throw new GraphError(132012, `buttons: button ${index} expects a parameter of type payload`);
  onlyKeys(parameter, ['type', 'payload'], 'payload parameter');
  if (typeof parameter.payload !== 'string' || !parameter.payload) throw missing('payload');
  if (parameter.payload.length > 256) throw invalidParameter(`buttons: the payload of button ${index} has more than 256 characters`);
  return parameter.payload;
}

function mismatch(where, received, expected) {
  throw new GraphError(132000, `${where}: number of localizable_params (${received}) does not match the expected number of params (${expected})`);
}
