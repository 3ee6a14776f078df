; Which node kinds of tree-sitter-python play which role in Aegis's language-neutral facts.
;
; Every pattern names one node kind; the capture behind it is its role, the captures behind its
; fields say which field of the grammar carries which part. The roles and parts are listed in
; crates/aegis-scan/src/facts/roles.rs; a test checks every pattern here against the grammar.

; ---- statements
(module) @block
(block) @block
(expression_statement) @expression_statement
(assignment left: (_) @target right: (_) @value type: (_) @annotation) @assignment
(augmented_assignment left: (_) @target right: (_) @value) @augmented_assignment
(return_statement) @return
(if_statement condition: (_) @condition consequence: (_) @body alternative: (_) @alternative) @if
(elif_clause condition: (_) @condition consequence: (_) @body) @elif
(else_clause body: (_) @body) @else
(for_statement left: (_) @target right: (_) @value body: (_) @body alternative: (_) @alternative) @for
(while_statement condition: (_) @condition body: (_) @body alternative: (_) @alternative) @while
(try_statement body: (_) @body) @try
(except_clause) @except
(finally_clause) @finally
(with_statement body: (_) @body) @with
(with_clause) @with_clause
(with_item value: (_) @value) @with_item
(match_statement subject: (_) @value body: (_) @body) @match
(case_clause consequence: (_) @body) @case
(raise_statement) @raise
(assert_statement) @expression_statement
(delete_statement) @skip
(pass_statement) @skip
(break_statement) @break
(continue_statement) @break
(global_statement) @global
(nonlocal_statement) @nonlocal
(import_statement name: (_) @name) @import
(import_from_statement module_name: (_) @module name: (_) @name) @import_from
(future_import_statement) @skip
(wildcard_import) @wildcard
(aliased_import name: (_) @name alias: (_) @alias) @aliased
(dotted_name) @dotted
(relative_import) @relative
(import_prefix) @relative_dots

; ---- definitions
(function_definition name: (_) @name parameters: (_) @parameters return_type: (_) @annotation body: (_) @body) @function
(class_definition name: (_) @name superclasses: (_) @arguments body: (_) @body) @class
(decorated_definition definition: (_) @body) @decorated
(decorator) @decorator
(lambda parameters: (_) @parameters body: (_) @body) @lambda
(default_parameter name: (_) @name value: (_) @value) @parameter
(typed_parameter type: (_) @annotation) @typed_parameter
(typed_default_parameter name: (_) @name type: (_) @annotation value: (_) @value) @parameter
(keyword_separator) @keyword_separator
(positional_separator) @skip

; ---- expressions
(identifier) @identifier
(call function: (_) @callee arguments: (_) @arguments) @call
(keyword_argument name: (_) @name value: (_) @value) @keyword
(list_splat) @splat
(dictionary_splat) @double_splat
(list_splat_pattern) @splat
(dictionary_splat_pattern) @double_splat
(attribute object: (_) @object attribute: (_) @name) @attribute
(subscript value: (_) @object subscript: (_) @index) @subscript
(string) @string
(string_content) @string_content
(escape_sequence) @string_content
(interpolation expression: (_) @value) @interpolation
(concatenated_string) @concatenated
(none) @none
(false) @false
(true) @true
(integer) @constant
(float) @constant
(ellipsis) @constant
(list) @list
(set) @list
(tuple) @tuple
(expression_list) @tuple
(pattern_list) @tuple
(tuple_pattern) @tuple
(list_pattern) @tuple
(dictionary) @dictionary
(pair key: (_) @key value: (_) @value) @pair
(list_comprehension body: (_) @body) @comprehension
(set_comprehension body: (_) @body) @comprehension
(generator_expression body: (_) @body) @comprehension
(dictionary_comprehension body: (_) @body) @comprehension
(for_in_clause left: (_) @target right: (_) @value) @for_in
(if_clause) @if_clause
(conditional_expression) @conditional
(boolean_operator left: (_) @left right: (_) @right) @choice
(binary_operator left: (_) @left right: (_) @right operator: (_) @operator) @binary
(named_expression name: (_) @name value: (_) @value) @named
(await) @transparent
(parenthesized_expression) @transparent
(type) @transparent
(yield) @yield
(as_pattern alias: (_) @alias) @as_pattern
(comment) @comment
