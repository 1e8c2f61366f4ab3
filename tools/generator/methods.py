"""What objects can do: the methods of views and cached things, each of which forwards to a typed call. Not here: the calls (calls.py)."""
import re
import tomllib
from dataclasses import dataclass

from . import calls as rest
from . import cpp
from . import schema as shape

HEADER = 'include/shoal/methods.hpp'
SOURCE = 'src/bot/rest/methods.cpp'


@dataclass
class method:
    name: str
    parameters: str   # as declared
    type: str
    expression: str   # behind `rest.`; {guild} and so on are the object's ids
    doc: str          # empty: as the one before


@dataclass
class group:
    name: str
    doc: str
    classes: dict     # class -> {id: expression on `it`}
    methods: list


def load(path, groups, known):
    with open(path, 'rb') as file:
        told = tomllib.load(file)
    by_name = {}
    for one in groups:
        for each in one.calls:
            by_name[each.name] = (one, each, False)
            if each.pages:
                by_name[each.pages['name']] = (one, each, True)
    out = []
    for name, what in told['on'].items():
        ids = set.intersection(*(set(each) for each in what['classes'].values()))
        one = group(name, shape.check_doc(what['doc'], name), what['classes'], [])
        for method_name, call_name in what.get('calls', []):
            if call_name not in by_name:
                raise shape.mistake(f'methods: {name}.{method_name}: there is no call "{call_name}"')
            one.methods += forwarded(method_name, *by_name[call_name], ids, known)
        for row in what.get('made', []):
            one.methods.append(method(*row))
        out.append(one)
    return out


def forwarded(name, family, call, pages, ids, known):
    """One method, or two where parameters at the end may be left out."""
    type_, view = rest.given(call, known, call.name)
    type_ = f'pages<{view}>' if pages else f'call<{type_}>'
    declared, passed = [], []
    left = set(ids)
    for parameter_type, parameter, _ in call.parameters:
        id_name = parameter_type.removeprefix('shoal::')
        if id_name in left:
            left.discard(id_name)
            passed.append('{' + parameter + '}')
        else:
            declared.append(f'{parameter_type} {parameter}')
            passed.append(f'std::move({parameter})' if parameter_type.startswith(('std::string', 'reaction')) else parameter)
    if pages:
        return [method(name, ', '.join(declared), type_, f'{call.pages["name"]}({", ".join(passed)})', f'{call.doc[:-1]}, all of them while they are read.')]
    more = []
    if call.body:
        more.append((f'std::vector<{call.body[1:-1]}>' if call.body.startswith('[') else call.body, 'what', rest.optional_body(call)))
    if call.query:
        more.append((call.query, 'which', True))
    doc = call.doc + (' Takes reason().' if call.reason else '')
    whole = method(name, ', '.join([*declared, *(f'{t} {n}' for t, n, _ in more)]), type_,
                   f'{call.name}({", ".join([*passed, *(f"std::move({n})" for _, n, _ in more)])})', doc)
    if more and all(optional for _, _, optional in more):
        return [method(name, ', '.join(declared), type_, f'{call.name}({", ".join(passed)})', doc), whole]
    return [whole]


# ---- C++ ---------------------------------------------------------------------------------------------------------------------

def named_types(groups):
    """Class names in signatures that must be declared."""
    found = set()
    for one in groups:
        for each in one.methods:
            text = f'{each.type} {each.parameters}'
            for parameter in each.parameters.split(', '):
                text = text.replace(parameter, parameter.rsplit(' ', 1)[0])
            found |= set(re.findall(r'(?<![:\w])([a-z_]+)(?![:\w])', text))
    return found


def bases(groups, class_name):
    return [f'detail::{one.name}_methods<{class_name}>' for one in groups if class_name in one.classes]


def header(groups):
    out = cpp.head(None, 'What views and cached things can do. Each method is a lazy call<T>, the one of bot.rest() that its comment names; it reads '
                         'the ids that it needs when it is called, so an object, or a copy of one, may be used in that way as long as the bot lives. '
                         'Its texts and lists live no longer than they did.',
                   'the calls (rest/), which objects there are (models/, cached_things.hpp).')
    out[-2] = f'// {cpp.MARK}objects/methods.toml; change it there.'
    known = {'void', 'call', 'owned', 'owned_list', 'pages', 'std'}
    types = sorted(named_types(groups) - known - {'file', 'reaction_emoji', 'shoal'})
    out += ['#include <chrono>', '#include <cstdint>', '#include <string>', '#include <vector>', '', '#include "shoal/call.hpp"',
            '#include "shoal/ids.hpp"', '', 'namespace shoal {', '', 'namespace runtime {', 'class bot_runtime;', '}  // namespace runtime', '',
            'inline namespace v0 {', '']
    out += [f'struct {each};' for each in types if not each.endswith('_id')]
    out += ['class file;', 'class reaction_emoji;', 'template <class View>', 'class owned;', 'template <class View>', 'class owned_list;',
            'template <class View>', 'class pages;', '', 'namespace detail {', '',
            '/// Where an object came from: what its methods need. Nothing is read here for bots.', 'struct origin {',
            'runtime::bot_runtime* bot = nullptr;  ///< nullptr: it was not Discord that sent it; it has no methods then.',
            'shoal::guild_id guild;  ///< 0: none.', '};', '']
    for one in groups:
        out += [*cpp.wrapped('///', one.doc), 'template <class Self>', f'class {one.name}_methods {{', 'public:']
        for each in one.methods:
            if each.doc:
                out += cpp.wrapped('///', f'{each.doc} {called(each)}')
            out.append(f'[[nodiscard]] {each.type} {each.name}({each.parameters}) const;')
        out += ['};', '']
    return '\n'.join(out + ['}  // namespace detail', '}  // namespace v0', '}  // namespace shoal', ''])


def called(each):
    return f'rest().{each.expression.split("(")[0]}.'


KEYS = re.compile(r'\{(\w+)\}')


def source(groups):
    out = ['// What objects can do: each method as the call of bot.rest() that it forwards to.',
           '// Not here: the calls (the sources beside this).', f'// {cpp.MARK}objects/methods.toml; change it there.', '',
           '#include "shoal/methods.hpp"', '', '#include <utility>', '', '#include "bot/rest/origin.hpp"', '#include "shoal/rest.hpp"', '',
           'namespace shoal {', 'inline namespace v0 {', 'namespace detail {', '', 'namespace {', '']
    seen = set()
    for one in groups:
        for class_name, keys in one.classes.items():
            for key, expression in keys.items():
                if (key, class_name) in seen:
                    continue
                seen.add((key, class_name))
                out.append(f'[[nodiscard]] {key} {key[:-3]}_of(const {class_name}& it) {{ return {key}(it.{expression}); }}')
    out += ['', '}  // namespace', '']
    for one in groups:
        for each in one.methods:
            body = KEYS.sub(lambda found: f'{found[1]}_of(self)', each.expression)
            out += ['template <class Self>', f'{each.type} {one.name}_methods<Self>::{each.name}({each.parameters}) const {{',
                    'const auto& self = static_cast<const Self&>(*this);', f'return rest_of(self).{body};', '}']
        out.append('')
    for one in groups:
        out += [f'template class {one.name}_methods<{class_name}>;' for class_name in one.classes]
    return '\n'.join(out + ['', '}  // namespace detail', '}  // namespace v0', '}  // namespace shoal', ''])


def titled(name):
    return ('An ' if name[0] in 'aeio' else 'A ') + name.replace('_', ' ')


def page(groups):
    """For docs/entities.md."""
    out = ['## What objects can do', '',
           'Views and cached things have the methods of their kind, and so have the ways to them (`channel_ref`) and what was sent (`sent_message`). Each is one lazy '
           '[call](api.md#calls): nothing happens before it is awaited or forgotten. A method reads the ids that it needs when it is called and keeps nothing of the object, so a '
           'call may outlive the event, and a copy of an object may be used to make calls as long as the bot lives; its texts and lists live no longer than the event, or than the '
           'handler\'s next `co_await` where they lie in the cache. After the bot has stopped a call fails with `not_running`. An object that a program made by itself has no '
           'bot to ask: its methods end the program with a sentence.', '']
    for one in groups:
        out += [f'### {titled(one.name)}', f'{one.doc} ' + ', '.join(f'`{each}`' for each in one.classes) + '.', '', '| | yields | |', '|--|--|--|']
        for each in one.methods:
            if each.doc:
                out.append(f'| `{each.name}({each.parameters.replace("shoal::", "")})` | `{each.type[5:-1] if each.type.startswith("call<") else each.type}` | {each.doc} `{called(each)[:-1]}` |')
        out.append('')
    return out


def files(groups):
    return {HEADER: header(groups), SOURCE: source(groups)}
