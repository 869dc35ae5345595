package org.opensearch.ccr.rest;

import org.opensearch.ccr.status.FollowerFilter;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.ccr.status.StatusForm;
import org.opensearch.ccr.status.StatusResponse;
import org.opensearch.ccr.status.StatusTable;
import org.opensearch.common.Table;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.RestResponse;
import org.opensearch.rest.action.RestResponseListener;
import org.opensearch.rest.action.cat.AbstractCatAction;
import org.opensearch.rest.action.cat.RestTable;
import org.opensearch.transport.client.node.NodeClient;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** {@code GET /_cat/replication[/{index}]} and {@code GET /_cat/replication/shards[/{index}]}, with {@code state=} as a filter. */
public final class RestCatReplication extends AbstractCatAction {

    private static final String BASE = "/_cat/replication";

    private final FollowerLists lists;
    private final boolean shards;

    /** @param shards a row for each shard instead of each index */
    public RestCatReplication(FollowerLists lists, boolean shards) {
        this.lists = lists;
        this.shards = shards;
    }

    @Override
    public String getName() {
        return shards ? "cat_replication_shards" : "cat_replication";
    }

    private String path() {
        return shards ? BASE + "/shards" : BASE;
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, path()), new Route(RestRequest.Method.GET, path() + "/{index}"));
    }

    @Override
    protected void documentation(StringBuilder text) {
        text.append(path()).append('\n').append(path()).append("/{index}\n");
    }

    /** With {@code help} nobody looks at the filters, which are no mistake for that. */
    @Override
    protected Set<String> responseParams() {
        Set<String> known = new HashSet<>(super.responseParams());
        known.addAll(List.of("state", "index"));
        return known;
    }

    @Override
    protected Table getTableWithHeader(RestRequest request) {
        return shards ? StatusTable.shards() : StatusTable.indices();
    }

    @Override
    protected RestChannelConsumer doCatRequest(RestRequest request, NodeClient client) {
        FollowerFilter filter = FollowerFilter.of(request.param("index"), request.param("state"));
        Map<String, String> columns = getTableWithHeader(request).getAliasMap();
        for (String column : request.paramAsStringArray("s", new String[0])) {
            if (columns.containsKey(column.replaceFirst(":(asc|desc)$", "")) == false) {
                throw new IllegalArgumentException("[s] names no column to sort by: [" + column + "]; [help] lists them");
            }
        }
        return channel -> lists.statuses(client, filter, StatusForm.CONTRACT, new RestResponseListener<>(channel) {
            @Override
            public RestResponse buildResponse(SortedMap<String, StatusResponse> found) throws Exception {
                Table table = getTableWithHeader(request);
                return RestTable.buildResponse(
                    shards ? StatusTable.shards(table, found) : StatusTable.indices(table, found),
                    channel
                );
            }
        });
    }
}
