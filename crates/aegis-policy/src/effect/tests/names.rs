//! What the words of names say, by naming shape.

use std::fmt::Write as _;

use crate::effect::by_words;
use crate::model::Effect;
use crate::model::Effect::{
    Delete, Deploy, Execute, Exfiltrate, Pay, Privilege, Read, Send, Write,
};

/// Every name has this effect by its words; all that have not are shown together.
fn all_are(effect: impl Into<Option<Effect>>, names: &[&str]) {
    let effect = effect.into();
    let mut wrong = String::new();
    for name in names {
        let found = by_words(name);
        if found != effect {
            let found = found.map_or("unknown", Effect::as_str);
            let _ = writeln!(wrong, "{name} is {found}");
        }
    }
    let wanted = effect.map_or("unknown", Effect::as_str);
    assert!(wrong.is_empty(), "should be {wanted}:\n{wrong}");
}

#[test]
fn verb_first() {
    all_are(
        Read,
        &[
            "get_user",
            "list_files",
            "read_file",
            "search_issues",
            "describe_table",
        ],
    );
    all_are(
        Write,
        &[
            "create_issue",
            "update_record",
            "edit_file",
            "upload_image",
            "merge_branches",
        ],
    );
    all_are(
        Delete,
        &[
            "delete_file",
            "remove_label",
            "drop_table",
            "purge_queue",
            "destroy_vm",
        ],
    );
    all_are(
        Execute,
        &[
            "run_query",
            "execute_code",
            "eval_js",
            "invoke_function",
            "start_vm",
        ],
    );
    all_are(
        Send,
        &[
            "send_email",
            "notify_team",
            "forward_mail",
            "reply_to_thread",
        ],
    );
    all_are(
        Pay,
        &[
            "pay_invoice",
            "refund_charge",
            "transfer_funds",
            "buy_shares",
        ],
    );
    all_are(
        Deploy,
        &[
            "deploy_app",
            "install_package",
            "rollback_release",
            "scale_service",
        ],
    );
    all_are(
        Privilege,
        &[
            "grant_access",
            "revoke_key",
            "impersonate_user",
            "assume_role",
        ],
    );
    all_are(
        Exfiltrate,
        &[
            "export_contacts",
            "download_archive",
            "dump_database",
            "backup_db",
        ],
    );
}

#[test]
fn noun_first_and_verb_in_the_middle() {
    all_are(
        Read,
        &[
            "pods_list",
            "user_get",
            "azmcp_sql_db_list",
            "github_get_commit_status",
        ],
    );
    all_are(
        Write,
        &[
            "page_create",
            "record_update",
            "slack_add_reaction",
            "nc_deck_move_card",
        ],
    );
    all_are(
        Delete,
        &[
            "pods_delete",
            "gateway_delete",
            "azmcp_sql_db_delete",
            "ha_remove_entity",
        ],
    );
    all_are(Execute, &["vm_restart", "browser_click", "db_execute"]);
    all_are(Send, &["slack_send_message", "email_send"]);
}

#[test]
fn nouns_that_are_verbs_elsewhere_do_not_decide() {
    all_are(
        Read,
        &[
            "get_delete_protection_status",
            "list_deploy_keys",
            "list_merge_requests",
            "gitlab_merge_request_list",
            "list_pull_requests",
            "get_update_history",
            "list_transfer_accounts",
            "describe_import",
            "search_orders",
            "get_charge",
            "read_email",
            "check_run_list",
            "list_test_runs",
            "get_backup_policy",
        ],
    );
}

#[test]
fn words_that_show_a_state() {
    all_are(
        Read,
        &[
            "git_status",
            "server_info",
            "pods_log",
            "whoami",
            "table_schema",
            "usage",
        ],
    );
    all_are(Write, &["update_status", "set_status", "change_details"]);
    all_are(Delete, &["clear_history", "drop_schema"]);
}

#[test]
fn a_list_can_be_an_object() {
    all_are(Write, &["list_create", "list_update", "board_list_update"]);
    all_are(Delete, &["list_delete"]);
    all_are(Read, &["list_updates", "list_update_plans", "board_list"]);
}

#[test]
fn two_deeds_are_the_worse_one() {
    all_are(
        Write,
        &[
            "get_or_create_label",
            "search_and_replace",
            "find_replace",
            "read_write",
        ],
    );
    all_are(
        Delete,
        &["find_and_delete", "archive_or_delete_thread", "get_delete"],
    );
    all_are(Read, &["list_pods_and_nodes", "get_users_and_groups"]);
}

#[test]
fn what_comes_after_the_deed_is_a_circumstance() {
    all_are(
        Read,
        &[
            "find_user_by_email",
            "get_items_for_delete",
            "list_files_in_trash",
        ],
    );
    all_are(
        Write,
        &[
            "mark_as_read",
            "create_issue_from_search",
            "set_to_read_only",
        ],
    );
}

#[test]
fn umbrella_tools_never_read() {
    for name in [
        "manage_users",
        "manage_search_index",
        "execute_query",
        "execute_read",
        "call_api",
        "call_aws",
        "make_api_request",
        "http_request",
        "browser_network_request",
        "handle_list",
        "perform_search",
        "process_file",
        "operate_vm",
        "call_list",
        "query_sql",
    ] {
        assert!(!matches!(by_words(name), Some(Read)), "{name} reads");
    }
}

#[test]
fn the_object_raises_a_change() {
    all_are(
        Pay,
        &[
            "create_payment",
            "update_payment",
            "create_refund",
            "execute_payout",
        ],
    );
    all_are(
        Privilege,
        &[
            "create_role",
            "update_permissions",
            "add_api_key",
            "put_user_policy",
        ],
    );
    all_are(Send, &["add_comment", "create_message", "draft_email"]);
    all_are(
        Write,
        &["edit_comment", "archive_message", "mark_notification"],
    );
    all_are(Deploy, &["create_cluster", "create_stack"]);
    all_are(Read, &["get_payment", "list_roles", "read_message"]);
    all_are(Delete, &["delete_role", "remove_payment_method"]);
}

#[test]
fn forms_of_verbs() {
    all_are(
        Delete,
        &[
            "deletes_file",
            "deleting_files",
            "account_deletion",
            "data_removal",
        ],
    );
    all_are(
        Read,
        &[
            "list_deleted_items",
            "get_archived_threads",
            "list_merged_branches",
        ],
    );
    all_are(
        None,
        &[
            "deleted_items",
            "archived",
            "merged_branches",
            "user_created",
        ],
    );
    all_are(Read, &["get_deletion_status", "list_payments"]);
    all_are(Execute, &["rerun_job", "invoking_service"]);
    all_are(
        Write,
        &["unpin_message", "unarchive_channel", "recreate_index"],
    );
}

#[test]
fn prefixes() {
    all_are(
        Write,
        &[
            "mcp__github__create_issue",
            "github.create_issue",
            "functions.create_issue",
            "github/create_issue",
            "tools::create_issue",
            "mcp_github_create_issue",
            "crm.search.createContact",
            "s3:PutObject",
        ],
    );
    all_are(
        Read,
        &[
            "crm/read",
            "read:crm",
            "backup:DescribeBackupJob",
            "transfer:ListAgents",
            "mcp__mail__list_folders",
            "functions.read_file",
            "iam:GetUser",
        ],
    );
    all_are(
        Delete,
        &[
            "s3:DeleteObject",
            "delete:db",
            "delete:list",
            "delete.search",
            "db#drop",
        ],
    );
    all_are(
        Execute,
        &["lambda:InvokeFunction", "mcp__shell__run_command"],
    );
}

#[test]
fn words_written_together() {
    all_are(
        Write,
        &[
            "createIssue",
            "createissue",
            "CREATEISSUE",
            "CreateAHOWorkflow",
            "createOrUpdate",
        ],
    );
    all_are(
        Read,
        &[
            "listKeyspaces",
            "getItem",
            "describeTable",
            "ListAHORuns",
            "getUserById",
            "batchGetItem",
        ],
    );
    all_are(
        Delete,
        &[
            "deleteRepository",
            "dropCollection",
            "userDelete",
            "removeTags",
            "findAndDelete",
        ],
    );
    all_are(Execute, &["executeCommand", "invokeModel"]);
    all_are(Send, &["sendEmail", "publishMessage"]);
    all_are(Write, &["getOrCreateLabel", "TagResource"]);
}

#[test]
fn a_product_is_no_deed() {
    all_are(
        Read,
        &[
            "sharepoint_list_files",
            "snapchat_get_report",
            "clickup_get_task",
            "dropbox_search",
        ],
    );
    all_are(
        None,
        &[
            "sharepoint",
            "pinterest_boards",
            "marketplace",
            "assignment",
            "settings",
        ],
    );
}

#[test]
fn separators_digits_and_noise() {
    all_are(
        Read,
        &[
            "get-user",
            "get user",
            "get  user",
            "--get_user--",
            "get_user_v2",
            "2_get_user",
            "get2_user",
        ],
    );
    all_are(
        Delete,
        &[
            "hard-delete",
            "bulk_delete",
            "force delete",
            "delete_v3",
            "API-delete-a-block",
            "delete2",
        ],
    );
    all_are(
        None,
        &[
            "",
            " ",
            "_",
            "123",
            "v2",
            "mcp",
            "tool",
            "и",
            "日本語",
            "\u{0}",
            "a",
        ],
    );
}

#[test]
fn letters_no_table_knows_are_never_reading() {
    assert_eq!(by_words("get_user_удалить"), None);
    assert_eq!(by_words("get_usеr"), None, "a Cyrillic е");
    assert_eq!(by_words("delete_данные"), Some(Delete));
    let long = format!("get_{}", "x".repeat(300));
    assert_eq!(by_words(&long), None);
    let many = format!("get{}", "_x".repeat(100));
    assert_eq!(by_words(&many), None);
    let late = format!("delete_{}", "x".repeat(1 << 20));
    assert_eq!(by_words(&late), Some(Delete));
}
